import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { innermost, isWorthRepeating } from '#ground/db/errors.ts';
import { instant, readRows } from '#ground/db/rows.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { DarajaError } from '../daraja/errors.ts';
import type { PulledTransaction } from '../daraja/parse-pull.ts';
import type { PullQuery } from '../daraja/pull.ts';
import { allocate } from '../payments/allocate.ts';
import { payerOf } from '../payments/payer.ts';
import { type ProvedReceipt, type SettledReceipt, settleReceipts } from '../payments/settle-receipts.ts';
import type { App } from '../wiring/app.ts';
import { ourNumbers, ownAccount } from './our-numbers.ts';
import { LIST_CLOCKS, type ListClock, readListClock } from './read-list-clock.ts';
import { readPages, receiptsOf } from './read-pages.ts';
import { closeUnread, tellUnread, type Unread } from './tell-unread.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Safaricom takes one question per short code in this time, and remembers payments for 48 hours (Daraja, Pull Transactions). */
const SPACING_MS = 15 * MINUTE_MS;
const REMEMBERED_MS = 48 * HOUR_MS;
/** Rows are told late: each run begins this long before the end of the last whole one, and once a day all that is remembered is read. */
const OVERLAP_MS = HOUR_MS;
const SWEEP_MS = 24 * HOUR_MS;
/** Rows that one request settles: it has five seconds, and each row holds two locks until it ends. */
const SETTLED = 50;
/** What is absent this long after its time does not come. */
const LATE_MS = 6 * HOUR_MS;
/** Nor is it told where the list may begin later than we asked: Safaricom forgets by its own clock, and may read our moments three hours off. */
const EDGE_MS = 4 * HOUR_MS;

/** A notice of that long ago is not believed about its time, and no list need spare it. */
const TELLABLE_DAYS = 10;

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

/** How a list ended: read to its end, cut off by time or by Safaricom, or giving the same pages for ever. */
type Listed = {
  ended: 'whole' | 'cut' | 'repeats';
  settled: SettledReceipt[];
  /** Every receipt it names, and those of them that were settled or can be passed over. */
  listed: Set<string>;
  read: string[];
  unread: Unread[];
  clock: ListClock | null;
};

async function pullOne(
  app: App,
  { shortcode, completeUntil, sweptAt, clock }: z.output<typeof Claimed>,
  deadline: Date,
): Promise<SettledReceipt[]> {
  const to = app.clock.now();
  const sweeps = !sweptAt || to.getTime() - sweptAt.getTime() >= SWEEP_MS;
  const oldest = to.getTime() - REMEMBERED_MS;
  const from = new Date(sweeps || !completeUntil ? oldest : Math.max(oldest, completeUntil.getTime() - OVERLAP_MS));
  const fresh = completeUntil ? { from: new Date(completeUntil.getTime() - OVERLAP_MS), to } : { from, to };
  const list = await readList(app, { from, to, shortcode }, { ...fresh, clock }, deadline);
  const { ended, unread, listed } = list;
  const hidesNothing = ended !== 'repeats' && unread.every(({ transactionId }) => transactionId !== undefined);
  if (ended === 'whole') await closeUnread(app, shortcode, { read: list.read, from: hidesNothing && listed.size > 0 ? from : undefined });
  const unseen = { from: new Date(Math.max(from.getTime(), fresh.from.getTime())), to };
  await tellUnread(app, shortcode, { rows: unread, repeats: ended === 'repeats', ...unseen });
  if (ended === 'whole') await keepWhole(app, shortcode, { to, sweeps, clock: list.clock });
  // an empty list may be that of a short code that is not registered
  if (ended === 'whole' && sweeps && hidesNothing && listed.size > 0) await keepRefuting(app, shortcode, { from, to, list });
  return list.settled;
}

async function keepWhole({ db }: App, shortcode: string, { to, sweeps, clock }: { to: Date; sweeps: boolean; clock: ListClock | null }) {
  const at = sql`${to.toISOString()}::timestamptz`;
  await db.execute(sql`
  update pulls set complete_until = ${at}, clock = ${clock}, swept_at = case when ${sweeps} then ${at} else swept_at end where shortcode = ${shortcode}`);
}

/** Of which moments it is known what came: what is told of them, sooner or later, is listed or a lie (refute-absent.sql). Its own time decides, however late it is told or displaced. */
async function keepRefuting({ db, config }: App, shortcode: string, { from, to, list }: { from: Date; to: Date; list: Listed }) {
  const own = ownAccount(config, shortcode)?.shortcode ?? shortcode;
  const since = sql`${new Date(from.getTime() + EDGE_MS).toISOString()}::timestamptz`;
  const settled = new Set(list.read);
  const notSettled = sql.param([...list.listed].filter((receipt) => !settled.has(receipt)));
  await db.execute(sql`
  update pulls set refutes_not = array(select distinct r from unnest(refutes_not || ${notSettled}::text[]) r
      where not is_in_books_1(r) and coalesce(receipt_day_1(r) >= ${nairobiDay(to)}::date - ${TELLABLE_DAYS}::int, true)),
    refutes_from = case when refutes_until >= ${since} and refutes_shortcode = ${own} then refutes_from else ${since} end,
    refutes_until = ${new Date(to.getTime() - LATE_MS).toISOString()}::timestamptz, refutes_shortcode = ${own}
  where shortcode = ${shortcode}`);
}

/** Reads a list page by page and settles each. One whose pages do not join is not whole: the next run begins where this one did. */
async function readList(app: App, question: Required<Omit<PullQuery, 'offset'>>, times: Times, deadline: Date): Promise<Listed> {
  const list: Listed = { ended: 'cut', settled: [], listed: new Set(), read: [], unread: [], clock: times.clock };
  const { shortcode } = question;
  const pages = readPages((offset) => app.daraja.queryPull({ ...question, offset }));
  try {
    while (app.clock.now() < deadline) {
      const next = await pages.next();
      if (next.done) return { ...list, ended: next.value === 'gaps' ? tellGaps(app, shortcode) : next.value };
      const page = next.value;
      for (const receipt of receiptsOf(page)) list.listed.add(receipt);
      list.unread.push(...page.unreadable);
      list.clock = (await readListClock(app.db, page.transactions)) ?? list.clock;
      if (!(await settlePage(app, page.transactions, list, { ...times, clock: list.clock }, shortcode, deadline))) break;
    }
  } catch (error) {
    if (!(error instanceof DarajaError)) throw error;
    app.log.warn('pull_not_answered', { shortcode, kind: error.kind, reason: error.reason, errorCode: error.errorCode });
  }
  return list;
}

function tellGaps({ log }: App, shortcode: string): 'cut' {
  log.warn('pull_pages_do_not_join', { shortcode });
  return 'cut';
}

/** What is known of a list's times: which of them no earlier run can have seen, and their clock. */
type Times = { from: Date; to: Date; clock: ListClock | null };

/** Readings of a time, the likeliest first: the one on the list's clock where that is known, else one that no earlier run can have seen. */
function likeliest(times: Date[], { from, to, clock }: Times): Date[] {
  if (times.length === 2 && clock) return clock === 'nairobi' ? times : times.toReversed();
  const isFresh = (time: Date) => time >= from && time <= to;
  return [...times.filter(isFresh), ...times.filter((time) => !isFresh(time))];
}

/** Settles the rows of a page, some of them in each request. False when time has run out before its end: what is settled stays so, and is passed over by the next run. */
async function settlePage(
  app: App,
  transactions: PulledTransaction[],
  list: Listed,
  times: Times,
  shortcode: string,
  deadline: Date,
): Promise<boolean> {
  const account = ownAccount(app.config, shortcode);
  if (!account) return true;
  const ours = ourNumbers(app.config);
  // what one of our own short codes paid to another came from no customer: a statement shows both sides of it
  const fromOthers = transactions.filter(({ fromShortcode }) => !fromShortcode || !ours.includes(fromShortcode));
  const proved = fromOthers.map(
    ({ transactionId, amountCents, reference, phone, sender, times: readings }): ProvedReceipt => ({
      ...{ receipt: transactionId.toUpperCase(), amountCents, typedReference: reference, times: likeliest(readings, times), ...account },
      payer: payerOf(phone, sender === '' || sender === 'MPESA' ? undefined : sender),
    }),
  );
  for (let at = 0; at < proved.length; at += SETTLED) {
    if (at > 0 && app.clock.now() >= deadline) return false;
    await settleRows(app, proved.slice(at, at + SETTLED), list, deadline);
  }
  return true;
}

/** Of rows that cannot be settled together each half is tried, down to the one that raises: it is kept for a person, and the others are settled. */
async function settleRows(app: App, rows: ProvedReceipt[], list: Listed, deadline: Date): Promise<void> {
  try {
    const settled = await settleReceipts({ db: app.db, now: app.clock.now() }, 'pull', rows);
    list.settled.push(...settled);
    list.read.push(...rows.map(({ receipt }) => receipt));
    await allocateSome(app, settled, deadline);
  } catch (error) {
    if (isWorthRepeating(error)) throw error;
    const [first] = rows;
    const half = Math.ceil(rows.length / 2);
    if (rows.length > 1) for (const part of [rows.slice(0, half), rows.slice(half)]) await settleRows(app, part, list, deadline);
    else if (first) {
      app.log.error('pull_row_not_settled', innermost(error), { receipt: first.receipt });
      list.unread.push({ transactionId: first.receipt });
    }
  }
}

/** A head start: the job of each minute allocates the rest, and what fails here. */
async function allocateSome(app: App, settled: SettledReceipt[], deadline: Date): Promise<void> {
  for (const { depositId } of settled) {
    if (!depositId || app.clock.now() >= deadline) continue;
    await allocate(app, depositId).catch((error) => app.log.warn('not_allocated_at_once', { depositId, reason: String(innermost(error)) }));
  }
}
