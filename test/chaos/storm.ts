import { setTimeout as sleep } from 'node:timers/promises';
import type { Control } from '../../dev/daraja/control.ts';
import type { VirtualClock } from '../../dev/virtual-clock.ts';
import type { DurableDatabase } from '../attacks/durable-database.ts';
import type { Platform } from './platform.ts';

export type Storm = { payments: number; kills: number; databaseKills: number; seed: number };
export type Ground = { platform: Platform; database: DurableDatabase; control: Control; clock: VirtualClock };

/** Customers who pay at the same time. */
const CROWD = 10;
/** One of them at the paybill by themselves. */
const BY_HAND = 3;
const ITEMS = ['coffee', 'mug', 'maize'];
const PRICES = [1250, 200, 980];

/** A generator of the same numbers for the same seed, from 0 to 1. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What Safaricom's network does to what it tells: a part is lost, doubled, late, shuffled, and overtakes our own request. */
function disturb(control: Control): void {
  control.plan({
    random: {
      outcomes: { paid: 8, cancelled: 1, 'wrong-pin': 1 },
      ...{ lostRate: 0.15, lateRate: 0.1, callbackFirstRate: 0.1, responseLostRate: 0.05 },
      ...{ noticeFirstRate: 0.3, noticeLostRate: 0.2, wrongQueryRate: 0.1, copies: 2, shuffle: true, shuffleMs: 90_000 },
    },
  });
}

/**
 * Lets so many customers pay, by prompt and at the paybill, in crowds, while the functions and PostgreSQL are killed as often as is said, at moments that nobody chose.
 * The minute's job runs meanwhile. Resolves when the last one has paid.
 */
export async function raise(
  { platform, database, control, clock }: Ground,
  { payments, kills, databaseKills, seed }: Storm,
): Promise<void> {
  const next = numbers(seed);
  const crowds = Math.ceil(payments / CROWD);
  const references: string[] = [];
  let phone = 700_000_000;
  disturb(control);

  const prompt = async () => {
    const body = { phoneNumber: `254${phone++}`, items: [{ sku: ITEMS[Math.floor(next() * ITEMS.length)] }] };
    const address = `198.18.${Math.floor(phone / 250) % 250}.${phone % 250}`;
    const answer = await platform.send('POST', '/api/payments/stk-push', JSON.stringify(body), { 'x-chaos-address': address });
    const { reference } = JSON.parse(answer.body || '{}') as { reference?: string };
    if (reference) references.push(reference);
  };
  const byHand = async () => {
    if (next() < 0.2) control.plan({ api: 'c2b', next: 1, ...(next() < 0.5 ? { lost: true } : { copies: 3, spreadMs: 20_000 }) });
    const account =
      next() < 0.5 ? (references[Math.floor(next() * references.length)] ?? 'SHUGHULI') : `NENO ${Math.floor(next() * 1_000)}`;
    const amountShillings = PRICES[Math.floor(next() * PRICES.length)] ?? 1250;
    await control.payBill({ phone: `254${phone++}`, amountShillings, account });
  };
  const killSometime = async (within: number, kill: () => void | Promise<void>) => {
    await sleep(next() * within);
    await kill();
  };
  const killDatabase = async (downMs: number) => {
    database.kill();
    await sleep(downMs);
    await database.restart();
  };

  for (let crowd = 0; crowd < crowds; crowd++) {
    control.switch({ stkReference: crowd % 2 === 0 ? 'kept' : 'empty' }); // a notice that names its prompt, or is a stranger's
    const due = (all: number) => Math.floor(((crowd + 1) * all) / crowds) - Math.floor((crowd * all) / crowds);
    const killing = [
      ...Array.from({ length: due(kills) }, () => killSometime(1_500, platform.kill)),
      ...Array.from({ length: due(databaseKills) }, (_, n) => killSometime(600, () => killDatabase(crowd + n === 0 ? 9_500 : 700))),
    ];
    await Promise.all(Array.from({ length: CROWD }, (_, n) => (n < BY_HAND ? byHand() : prompt())));
    for (let step = 0; step < 4; step++) {
      await clock.advance(15_000);
      if (step === 2) await platform.send('POST', '/strike/scheduled-minute');
    }
    await Promise.all(killing);
  }
}

/** Lets two days go by: the job each minute at first, then each half hour. */
export async function rest({ platform, clock }: Ground, days = 2): Promise<void> {
  const until = clock.now().getTime() + days * 24 * 3_600_000;
  for (let minute = 0; clock.now().getTime() < until; minute++) {
    await clock.advance(minute < 25 ? 60_000 : 30 * 60_000);
    await platform.send('POST', '/strike/scheduled-minute');
  }
}
