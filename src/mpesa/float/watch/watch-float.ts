import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { balanceOf } from '#books/ledger/balance.ts';
import { pick } from '#ground/db/pick.ts';
import { instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader, Tx } from '#ground/db/types.ts';
import type { App } from '../../wiring/app.ts';
import { floatWatches } from '../float.schema.ts';
import { watchedShortcodes } from '../own-shortcodes.ts';
import { type Judged, judgeRest } from './judge-rest.ts';
import { type Range, readMovements } from './read-movements.ts';
import { APART_MS, firstReadingSql, type Reading, readReadings, readRest } from './read-rest.ts';
import { goBackToSure, keepSure } from './sure-anchor.ts';
import { sayDifference, tellDifferences } from './tell-differences.ts';
import { tellOpening } from './tell-opening.ts';
import { reworkDifferences, writeDifference } from './write-differences.ts';

type Watching = Pick<App, 'db' | 'clock' | 'config'>;

/** How often an unexplained difference is compared with later bookings. */
const REWORK_MINUTES = 5;

const WATCH = pick(floatWatches, 'w', ['anchorAt', 'anchorCents', 'judgedUntil', 'seenAt']);

/**
 * Compares each balance that Safaricom has reported with what moved until its time, short code by short code. Opens a task for what nothing explains at two
 * successive balances; what is explained later closes by itself. Reads a row or two where there is nothing new. Safe at any frequency and concurrently with itself.
 */
export async function watchFloat(app: Watching, deadline?: Date): Promise<{ compared: number }> {
  let compared = 0;
  for (const shortcode of app.config.initiator ? watchedShortcodes(app.config) : []) {
    if (deadline && app.clock.now() >= deadline) break;
    if (!(await isDue(app, shortcode))) continue;
    await compare(app, shortcode);
    compared += 1;
  }
  return { compared };
}

/** Compares one short code again, at once: something was just booked that may explain a difference. */
export async function compareAgain(app: Watching, shortcode: string): Promise<void> {
  if (app.config.initiator) await compare(app, shortcode);
}

async function isDue({ db, clock }: Watching, shortcode: string): Promise<boolean> {
  const now = clock.now();
  const [watch] = await readRows(
    db,
    z.object({ seenAt: instant, reworks: z.boolean() }),
    sql`
    select w.seen_at, w.looked_at <= ${instantSql(now)} - make_interval(mins => ${REWORK_MINUTES})
      and exists (select from float_differences d where d.shortcode = w.shortcode and d.explained_at is null and d.accepted_at is null) as reworks
    from float_watches w where w.shortcode = ${shortcode}`,
  );
  if (watch?.reworks) return true;
  return (await readReadings(db, { shortcode, now, after: watch?.seenAt ?? new Date(0) })).length > 0;
}

function compare(app: Watching, shortcode: string): Promise<void> {
  const now = app.clock.now();
  return app.db.transaction((tx) => compareWithin(app, tx, shortcode, now));
}

/** Compares one short code within the caller's transaction, and locks it until that ends. */
export async function compareWithin(app: Watching, tx: Tx, shortcode: string, now: Date): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended('float:' || ${shortcode}::text, 0))`);
  const found = await reworkDifferences(tx, app.config, shortcode, now);
  await goBackToSure(tx, app.config, shortcode);
  const watch = (await findWatch(tx, shortcode)) ?? (await openWatch(app, tx, shortcode, now));
  if (watch) await tellDifferences(tx, shortcode, [...found, ...(await walk(app, tx, shortcode, watch, now))], now);
  await tellOpening(tx, shortcode, now);
  await keepSure(app, tx, shortcode, now);
}

async function findWatch(db: Reader, shortcode: string) {
  const statement = sql`select ${WATCH.list} from float_watches w where w.shortcode = ${shortcode}`;
  return (await readRows(db, WATCH.row, statement))[0];
}

/**
 * The first balance begins the watch: what it holds beyond the books of that moment is money from before, not a difference. A balance from a time when the end of a
 * payout was not known is skipped, since nobody could ever say whether that payout is in it.
 */
async function openWatch({ config }: Watching, tx: Tx, shortcode: string, now: Date) {
  for (const first of await readReadings(tx, { shortcode, after: new Date(0), now })) {
    // a charge that the tariff expects is in the books only once it is entered
    const asBooked = { ...config, float: { ...config.float, expectsCharges: false } };
    const since = await readMovements(tx, asBooked, { shortcode, since: first.at, until: now });
    if (since.from !== since.until) continue;
    const held = (await balanceOf(tx, `paybill_float:${shortcode}`)) + (await balanceOf(tx, `paybill_told:${shortcode}`));
    const at = first.at.toISOString();
    await tx.execute(sql`
      insert into float_watches (shortcode, opened_at, opening_cents, anchor_at, anchor_cents, seen_at, looked_at)
      values (${shortcode}, ${at}::timestamptz, ${first.cents - held + since.from} + learnt_since_2(${shortcode}, ${at}::timestamptz), ${at}::timestamptz, ${first.cents}, ${at}::timestamptz, ${instantSql(now)})`);
    return { anchorAt: first.at, anchorCents: first.cents, judgedUntil: null, seenAt: first.at };
  }
  return undefined;
}

/** Goes through the balances since the last one that agreed. Records a difference that two of them share, and compares the next ones with that difference included. */
async function walk({ config }: Watching, tx: Tx, shortcode: string, watch: z.output<typeof WATCH.row>, now: Date): Promise<string[]> {
  let anchor: Reading = { at: watch.anchorAt, cents: watch.anchorCents };
  let before: { reading: Reading; rest: Range } | undefined;
  let seenAt = watch.seenAt;
  const found: string[] = [];
  const after = watch.judgedUntil && watch.judgedUntil > anchor.at ? watch.judgedUntil : anchor.at;
  for (const reading of await readReadings(tx, { shortcode, after, now })) {
    if (reading.at > seenAt) seenAt = reading.at;
    if (before && reading.at.getTime() - before.reading.at.getTime() < APART_MS) continue;
    let rest = await readRest(tx, config, shortcode, anchor, reading);
    let judged: Judged = judgeRest(before?.rest, rest);
    if (judged.verdict === 'differs' && before) {
      const { amountCents } = judged;
      await writeDifference(tx, { shortcode, amountCents, since: anchor, first: before.reading, second: reading, explained: false, now });
      found.push(sayDifference({ shortcode, amountCents, sinceAt: anchor.at, firstAt: before.reading.at }));
      const left = shifted(before.rest, amountCents);
      anchor = { at: anchor.at, cents: anchor.cents + amountCents };
      if (left.from === 0n && left.until === 0n) anchor = before.reading;
      before = undefined;
      rest = await readRest(tx, config, shortcode, anchor, reading);
      judged = judgeRest(undefined, rest);
    }
    if (judged.verdict === 'agrees') [anchor, before] = [reading, undefined];
    if (judged.verdict === 'seen') before = { reading, rest };
  }
  await tx.execute(sql`
    update float_watches set anchor_at = ${instantSql(anchor.at)}, anchor_cents = ${anchor.cents}, seen_at = ${instantSql(seenAt)},
      looked_at = ${instantSql(now)}
    where shortcode = ${shortcode}`);
  return found;
}

const shifted = ({ from, until }: Range, by: bigint): Range => ({ from: from - by, until: until - by });

/** When the next balance is to be compared, or a difference compared again, as a value in a statement; null without an initiator. */
export const watchDueSql = ({ config }: Pick<App, 'config'>): SQL =>
  config.initiator
    ? sql`(select min(least(${firstReadingSql(sql`c.shortcode`, sql`w.seen_at`)}, case when exists (
        select from float_differences d where d.shortcode = w.shortcode and d.explained_at is null and d.accepted_at is null)
        then w.looked_at + make_interval(mins => ${REWORK_MINUTES}) end))
      from unnest(${sql.param(watchedShortcodes(config))}::text[]) c(shortcode) left join float_watches w using (shortcode))`
    : sql`null`;
