import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import { DarajaError } from '../daraja/errors.ts';
import type { PulledRows, PulledTransaction } from '../daraja/parse-pull.ts';
import { instant, readRows } from '../db/rows.ts';
import { allocate } from '../payments/allocate.ts';
import { payerOf } from '../payments/payer.ts';
import { type ProvedReceipt, type SettledReceipt, settleReceipts } from '../payments/settle-receipts.ts';
import { ourNumbers, ownAccount } from './our-numbers.ts';
import { LIST_CLOCKS, type ListClock, readListClock } from './read-list-clock.ts';
import { refuteAbsent } from './refute-absent.ts';
import { tellUnreadable } from './tell-unreadable.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Safaricom takes one question per short code in this time, and remembers payments for 48 hours (Daraja, Pull Transactions). */
const SPACING_MS = 15 * MINUTE_MS;
const REMEMBERED_MS = 48 * HOUR_MS;
/** Rows are told late: each run begins this long before the end of the last whole one, and once a day all that is remembered is read. */
const OVERLAP_MS = HOUR_MS;
const SWEEP_MS = 24 * HOUR_MS;
/** What is absent this long after its time does not come. */
const LATE_MS = 6 * HOUR_MS;
/** Nor is it told where the list may begin later than we asked: Safaricom forgets by its own clock, and may read our moments three hours off. */
const EDGE_MS = 4 * HOUR_MS;

const Claimed = z.object({
  shortcode: z.string(),
  completeUntil: instant.nullable(),
  sweptAt: instant.nullable(),
  clock: z.enum(LIST_CLOCKS).nullable(),
});

/**
 * Asks Safaricom which payments our short codes received, each quarter of an hour, and settles every line: it proves a receipt that we know, names a success that had
 * none, or is money that nobody told us of. All pages in one run; one that is cut off is asked again from where the last whole one ended. Safe at any frequency and at
 * the same time as itself.
 */
export async function pullTransactions(
  app: App,
  deadline: Date,
): Promise<Record<SettledReceipt['verdict'] | 'asked', number> | { asked: 0 }> {
  const done = {
    asked: 0,
    proves: 0,
    fills: 0,
    displaces: 0,
    arrives: 0,
    known: 0,
    unknown: 0,
    amount_differs: 0,
    own_payout: 0,
    doubted: 0,
  };
  if (!app.config.paybill.pull) return { asked: 0 };
  for (const shortcode of new Set([app.config.mpesa.shortcode, ...app.config.paybill.shortcodes])) {
    const claimed = await claim(app, shortcode);
    if (!claimed || app.clock.now() >= deadline) continue;
    done.asked += 1;
    for (const { verdict } of await pullOne(app, claimed, deadline)) done[verdict] += 1;
  }
  return done;
}

async function claim({ db, clock }: App, shortcode: string) {
  const now = clock.now();
  const [row] = await readRows(
    db,
    Claimed,
    sql`
    insert into pulls (shortcode, asked_at) values (${shortcode}, ${now.toISOString()}::timestamptz)
    on conflict (shortcode) do update set asked_at = excluded.asked_at where pulls.asked_at <= ${new Date(now.getTime() - SPACING_MS).toISOString()}::timestamptz
    returning shortcode, complete_until as "completeUntil", swept_at as "sweptAt", clock`,
  );
  return row;
}

async function pullOne(
  app: App,
  { shortcode, completeUntil, sweptAt, clock: knownClock }: z.output<typeof Claimed>,
  deadline: Date,
): Promise<SettledReceipt[]> {
  const to = app.clock.now();
  const sweeps = !sweptAt || to.getTime() - sweptAt.getTime() >= SWEEP_MS;
  const oldest = to.getTime() - REMEMBERED_MS;
  const from = new Date(sweeps || !completeUntil ? oldest : Math.max(oldest, completeUntil.getTime() - OVERLAP_MS));
  const fresh = completeUntil ? { from: new Date(completeUntil.getTime() - OVERLAP_MS), to } : { from, to };
  const settled: SettledReceipt[] = [];
  const listed: string[] = [];
  const unreadable: PulledRows['unreadable'] = [];
  let clock = knownClock;
  try {
    for (let offset = 0; ; ) {
      if (app.clock.now() >= deadline) return settled; // not whole: the next run begins where this one did
      const page = await app.daraja.queryPull({ from, to, offset, shortcode });
      if (page.rowCount === 0) break;
      unreadable.push(...page.unreadable);
      listed.push(...[...page.transactions, ...page.unreadable].flatMap(({ transactionId }) => transactionId?.toUpperCase() ?? []));
      clock = (await readListClock(app.db, page.transactions)) ?? clock;
      settled.push(...(await settlePage(app, page.transactions, shortcode, { ...fresh, clock })));
      offset += page.rowCount;
    }
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    app.log.warn('pull_not_answered', { shortcode, kind: error.kind, reason: error.reason, errorCode: error.errorCode });
    return settled;
  }
  const at = sql`${to.toISOString()}::timestamptz`;
  await app.db.execute(sql`
  update pulls set complete_until = ${at}, clock = ${clock}, swept_at = case when ${sweeps} then ${at} else swept_at end where shortcode = ${shortcode}`);
  await tellUnreadable(app, shortcode, unreadable);
  const isWhole = unreadable.every(({ transactionId }) => transactionId !== undefined);
  if (sweeps && isWhole && listed.length > 0) {
    const until = new Date(to.getTime() - LATE_MS); // an empty list may be that of a short code that is not registered
    const unless = sql`d.receipt = any(${sql.param(listed)}::text[])`; // its own time decides: what was told or displaced late may lie outside of the next window
    const since = new Date(from.getTime() + EDGE_MS);
    await refuteAbsent(app, { shortcode: ownAccount(app.config, shortcode)?.shortcode ?? shortcode, from: since, to: until, unless });
  }
  return settled;
}

/** What is known of a list's times: which of them no earlier run can have seen, and their clock. */
type Times = { from: Date; to: Date; clock: ListClock | null };

/** Readings of a time, the likeliest first: the one on the list's clock where that is known, else one that no earlier run can have seen. */
function likeliest(times: Date[], { from, to, clock }: Times): Date[] {
  if (times.length === 2 && clock) return clock === 'nairobi' ? times : times.toReversed();
  const isFresh = (time: Date) => time >= from && time <= to;
  return [...times.filter(isFresh), ...times.filter((time) => !isFresh(time))];
}

async function settlePage(app: App, transactions: PulledTransaction[], shortcode: string, listed: Times): Promise<SettledReceipt[]> {
  const account = ownAccount(app.config, shortcode);
  if (!account) return [];
  const ours = ourNumbers(app.config);
  // what one of our own short codes paid to another came from no customer: a statement shows both sides of it
  const fromOthers = transactions.filter(({ fromShortcode }) => !fromShortcode || !ours.includes(fromShortcode));
  const proved = fromOthers.map(
    ({ transactionId, amountCents, reference, phone, sender, times }): ProvedReceipt => ({
      ...{ receipt: transactionId.toUpperCase(), amountCents, typedReference: reference, times: likeliest(times, listed), ...account },
      payer: payerOf(phone, sender === '' || sender === 'MPESA' ? undefined : sender),
    }),
  );
  const settled = await settleReceipts({ db: app.db, now: app.clock.now() }, 'pull', proved);
  for (const { depositId } of settled) if (depositId) await allocate(app, depositId);
  return settled;
}
