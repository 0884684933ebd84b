import { setTimeout as wait } from 'node:timers/promises';
import { type SQL, sql } from 'drizzle-orm';
import type * as z from 'zod';
import { innermost, isWorthRepeating } from '#ground/db/errors.ts';
import { pick } from '#ground/db/pick.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { DarajaError } from '../daraja/errors.ts';
import type { PulledTransaction } from '../daraja/parse-pull.ts';
import type { PullQuery } from '../daraja/pull.ts';
import { ourNumbers, ownAccount } from '../float/our-numbers.ts';
import { allocate } from '../payments/allocate.ts';
import { payerOf } from '../payments/payer.ts';
import { type ProvedReceipt, type SettledReceipt, settleReceipts } from '../payments/settle-receipts.ts';
import type { App } from '../wiring/app.ts';
import { pulls } from './paybill.schema.ts';
import { type ListClock, readListClock } from './read-list-clock.ts';
import { readPages, receiptsOf } from './read-pages.ts';
import { closeUnread, tellUnread, type Unread } from './tell-unread.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** Safaricom allows one request per short code in this time, and keeps payments for 48 hours (Daraja, Pull Transactions). */
const SPACING = sql`interval '15 minutes'`;
/** A request that is allowed so soon is waited for: else the pulls would drift apart from the quarter hours, and wake the database by themselves. */
const WAITED_FOR = sql`interval '10 seconds'`;
const REMEMBERED_MS = 48 * HOUR_MS;
/** Rows appear late: each run begins this long before the end of the last complete one, and once a day everything is read. */
const OVERLAP_MS = HOUR_MS;
const SWEEP_MS = 24 * HOUR_MS;
/** How many rows one request settles: it has five seconds, and holds two locks for each row until it ends. */
const SETTLED = 50;
/** After this long a missing row will not appear any more. */
const LATE_MS = 6 * HOUR_MS;
/**
 * The first hours of a list refute nothing: it may begin later than we asked, since Safaricom forgets by its own clock and may read our
 * times three hours off.
 */
const EDGE_MS = 4 * HOUR_MS;

/** A notice about a time longer ago is not believed, so receipts older than this need not be kept. */
const TELLABLE_DAYS = 10;

const PULL = pick(pulls, 'p', ['shortcode', 'askedAt', 'completeUntil', 'sweptAt', 'clock']);

/**
 * Pulls the payments that our short codes received, each quarter of an hour, and settles every row: it proves a known receipt, gives a
 * success its missing receipt, or is new money. A run reads all pages; after one that was cut off the next begins where the last complete
 * one ended. Safe at any frequency and in parallel.
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
  for (const shortcode of pulledShortcodes(app.config)) {
    const claimed = await claim(app, shortcode);
    if (!claimed || app.clock.now() >= deadline) continue;
    done.asked += 1;
    for (const { verdict } of await pullOne(app, claimed, deadline)) done[verdict] += 1;
  }
  return done;
}

const pulledShortcodes = ({ mpesa, paybill }: App['config']): string[] => [...new Set([mpesa.shortcode, ...paybill.shortcodes])];

async function claim({ db, clock }: App, shortcode: string) {
  const now = clock.now();
  const [row] = await readRows(
    db,
    PULL.row,
    sql`
    insert into pulls as p (shortcode, asked_at) values (${shortcode}, ${instantSql(now)})
    on conflict (shortcode) do update set asked_at = greatest(excluded.asked_at, p.asked_at + ${SPACING}) where p.asked_at <= ${instantSql(now)} - ${SPACING} + ${WAITED_FOR}
    returning ${PULL.list}`,
  );
  if (row) await wait(Math.max(0, row.askedAt.getTime() - now.getTime()));
  return row;
}

/** A list as far as it was read: to its end, cut off by time or by Safaricom, or repeating the same pages for ever. */
type Listed = {
  ended: 'whole' | 'cut' | 'repeats';
  settled: SettledReceipt[];
  /** Every receipt it names; `read` has those that are settled. */
  listed: Set<string>;
  read: string[];
  unread: Unread[];
  clock: ListClock | null;
};

async function pullOne(
  app: App,
  { shortcode, completeUntil, sweptAt, clock }: z.output<typeof PULL.row>,
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
  // an empty list may mean that the short code is not registered
  if (ended === 'whole' && sweeps && hidesNothing && listed.size > 0) await keepRefuting(app, shortcode, { from, to, list });
  return list.settled;
}

async function keepWhole({ db }: App, shortcode: string, { to, sweeps, clock }: { to: Date; sweeps: boolean; clock: ListClock | null }) {
  const at = instantSql(to);
  await db.execute(sql`
  update pulls set complete_until = ${at}, clock = ${clock}, swept_at = case when ${sweeps} then ${at} else swept_at end where shortcode = ${shortcode}`);
}

/** Extends the period in which told money that no list has is refuted (refute-absent.sql), by M-PESA's time, however late it is told. */
async function keepRefuting({ db, config }: App, shortcode: string, { from, to, list }: { from: Date; to: Date; list: Listed }) {
  const own = ownAccount(config, shortcode)?.shortcode ?? shortcode;
  const since = instantSql(new Date(from.getTime() + EDGE_MS));
  const settled = new Set(list.read);
  const notSettled = sql.param([...list.listed].filter((receipt) => !settled.has(receipt)));
  await db.execute(sql`
  update pulls set refutes_not = array(select distinct r from unnest(refutes_not || ${notSettled}::text[]) r
      where not is_in_books_1(r) and coalesce(receipt_day_1(r) >= ${nairobiDay(to)}::date - ${TELLABLE_DAYS}::int, true)),
    refutes_from = case when refutes_until >= ${since} and refutes_shortcode = ${own} then refutes_from else ${since} end,
    refutes_until = ${instantSql(new Date(to.getTime() - LATE_MS))}, refutes_shortcode = ${own}
  where shortcode = ${shortcode}`);
}

/** Reads a list and settles it page by page. A list with a gap between pages counts as cut off: the next run begins where this one did. */
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

/** The period that no earlier run can have seen, and the list's clock. */
type Times = { from: Date; to: Date; clock: ListClock | null };

/** Readings of a time, likeliest first: by the list's clock where it is known, else one in the period that no earlier run can have seen. */
function likeliest(times: Date[], { from, to, clock }: Times): Date[] {
  if (times.length === 2 && clock) return clock === 'nairobi' ? times : times.toReversed();
  const isFresh = (time: Date) => time >= from && time <= to;
  return [...times.filter(isFresh), ...times.filter((time) => !isFresh(time))];
}

/**
 * Settles the rows of a page, some in each request. False when time runs out before its end; settled rows stay settled, and the next run
 * skips them.
 */
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
  // a payment between our own short codes is no customer's: statements show both sides of it
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

/** Settles rows together; if that fails it tries each half, down to the one row that fails, which is kept for a person. */
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

/** Allocates at once what time allows; the minute's job allocates the rest, and what fails here. */
async function allocateSome(app: App, settled: SettledReceipt[], deadline: Date): Promise<void> {
  for (const { depositId } of settled) {
    if (!depositId || app.clock.now() >= deadline) continue;
    await allocate(app, depositId).catch((error) => app.log.warn('not_allocated_at_once', { depositId, reason: String(innermost(error)) }));
  }
}

/** When the next pull is due, as a value in a statement; null where nothing is pulled. */
export const pullDueSql = ({ config }: Pick<App, 'config'>, at: SQL): SQL =>
  config.paybill.pull
    ? sql`(select min(coalesce(p.asked_at + ${SPACING} - ${WAITED_FOR}, ${at})) from unnest(${sql.param(pulledShortcodes(config))}::text[]) c(shortcode) left join pulls p using (shortcode))`
    : sql`null`;
