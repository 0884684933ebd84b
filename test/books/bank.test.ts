import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhone, push } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

const ROUNDS = scaled(6); // full run: 300
const CLIENTS = 8;

let world: World;
beforeAll(async () => {
  world = await startWorld({
    seed: 11,
    environment: {
      PAYOUT_APPROVAL_ABOVE_SHILLINGS: '250000',
      PAYOUT_ALONE_PER_PAYEE_SHILLINGS: '100000000',
      PAYOUT_ALONE_PER_DAY_SHILLINGS: '100000000',
    },
  });
});
afterAll(() => world.stop());

/** A number that is random and the same in every run. */
let state = 11;
const random = () => {
  state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
  return state / 2_147_483_648;
};

/** What must hold in any single snapshot of the database, whatever is under way: each account is what the rows that it stands for add up to. */
const SNAPSHOT = `
  with balance as (
    select a.id, coalesce(sum(case when (t.debit_account = a.id) = (a.kind in ('asset', 'expense')) then t.amount_cents else -t.amount_cents end), 0) as cents
    from accounts a left join transfers t on a.id in (t.debit_account, t.credit_account) group by a.id
  ), b as (select (select sum(cents) from balance where id like 'paybill\\_%') as float, (select cents from balance where id = 'clearing') as clearing,
    (select cents from balance where id = 'payout_reserve') as reserve)
  select b.float - (select coalesce(sum(amount_cents), 0) from deposits where merged_into is null and taken_back_at is null) + (select coalesce(sum(amount_cents), 0) from withdrawals where state = 'paid') as float_off,
    b.clearing - (select coalesce(sum(amount_cents), 0) from deposits where allocated_at is null and merged_into is null) as clearing_off,
    b.reserve - (select coalesce(sum(amount_cents), 0) from withdrawals where state in ('reserved', 'dispatched', 'unknown')) as reserve_off
  from b`;

test('many people do everything at once while connections are cut: every snapshot balances, and in the end Safaricom agrees', async () => {
  const treasurer = await signedIn(world, 'treasurer');
  const { control } = world.simulator;
  const outcomes = { paid: 0.8, cancelled: 0.1, 'insufficient-funds': 0.1 };
  control.plan({ random: { outcomes, copies: 2, shuffle: true, lostRate: 0.1, lateRate: 0.1, shuffleMs: 20_000 } });
  control.plan({ api: 'b2c', random: { timedOutRate: 0.2, lostRate: 0.1, responseLostRate: 0.1, copies: 2 } });
  control.plan({ api: 'reversal', random: { timedOutRate: 0.2, lostRate: 0.1, responseLostRate: 0.1, copies: 2 } });

  const paymentIds: string[] = [];
  const post = (path: string, body: unknown) => world.send('POST', path, { body, headers: treasurer });
  const deeds = [
    async () => {
      const { paymentId } = await push(world, { items: [{ sku: 'coffee', quantity: 1 + Math.floor(random() * 4) }] });
      if (paymentId !== 'undefined') paymentIds.push(paymentId);
    },
    async () => {
      const asked = await post('/api/payouts', { phoneNumber: newPhone(), amount: 10 + Math.floor(random() * 500), reason: 'Supplier' });
      const { payoutId } = (await asked.json()) as { payoutId?: string };
      if (payoutId) await Promise.all([post(`/api/payouts/${payoutId}/decision`, {}), post(`/api/payouts/${payoutId}/decision`, {})]);
    },
    async () => {
      const paymentId = paymentIds[Math.floor(random() * paymentIds.length)];
      if (!paymentId) return;
      const asked = await post('/api/refunds', { paymentId, reason: 'Returned', ...(random() < 0.5 && { amount: 100 }) });
      const { payoutId } = (await asked.json()) as { payoutId?: string };
      if (payoutId) await post(`/api/payouts/${payoutId}/decision`, {});
    },
  ];

  const snapshots: Record<string, string>[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const busy = Promise.all(Array.from({ length: CLIENTS }, async (_, client) => deeds[client % deeds.length]?.()));
    const watched = (async () => {
      for (let n = 0; n < 5; n++) snapshots.push(...(await world.database.sql<Record<string, string>>(SNAPSHOT)));
    })();
    await Promise.all([busy, watched]);
    if (round % 3 === 2) {
      const working = world.clock.advance(5_000);
      await world.database.dropConnections().catch(() => undefined);
      await working;
    }
    await world.pass(2).catch(() => undefined); // a run that was cut off is made up for by the next
    snapshots.push(...(await world.database.sql<Record<string, string>>(SNAPSHOT)));
  }
  await world.pass(60);

  for (const snapshot of snapshots) expect(snapshot).toEqual({ float_off: '0', clearing_off: '0', reserve_off: '0' });
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
  const moved = control.truth();
  expect([moved.receivedCents !== '0', moved.sentCents !== '0']).toEqual([true, true]);
  expect(await world.database.sql("select count(*)::int as n from withdrawals where state not in ('paid', 'rejected')")).toEqual([
    { n: 0 },
  ]);
}, 120_000);
