import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '#ground/config/config.ts';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { type Range, readMovements } from './read-movements.ts';

type Numbers = Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>;

/** What Safaricom reported on all accounts of a short code, at its own time, without what is on its way to the bank. */
export type Reading = { at: Date; cents: bigint };

/** Callbacks and notices of what moved just before a balance have this long to reach us before it is compared. */
export const SETTLES_WITHIN_MS = 10 * 60_000;
/** Two balances confirm a difference only if they are this far apart: one that is requested by hand a minute later confirms nothing. */
export const APART_MS = 30 * 60_000;

const Row = z.object({ at: instant, cents: bigintText });

/** Whether the balance `b` of inquiry `i` is a reading of a short code after a moment. */
const isReadingSql = (shortcode: SQL, after: SQL): SQL => sql`i.kind = 'account-balance' and i.shortcode = ${shortcode} and i.says = 'done'
  and i.asked_at > ${after} - interval '1 hour' and b.told_at > ${after} and b.currency = 'KES' and b.account !~* 'settlement'
  and not (b.told_at = i.answered_at and i.answered_at > i.asked_at + interval '10 minutes')`;

/** When the first balance after a moment (null: at all) can be compared, as a value in a statement. */
export const firstReadingSql = (shortcode: SQL, after: SQL): SQL => sql`(
  select min(b.told_at) + make_interval(secs => ${SETTLES_WITHIN_MS / 1000}) from inquiries i join float_balances b on b.inquiry_id = i.id
  where ${isReadingSql(shortcode, sql`coalesce(${after}, 'epoch')`)})`;

/**
 * The balances after a moment, oldest first; `atOnce` includes those of the last minutes. A late answer without a time of its own does not count: nobody knows when
 * the account held that.
 */
export async function readReadings(
  db: Reader,
  { shortcode, after, now, atOnce = false }: { shortcode: string; after: Date; now: Date; atOnce?: boolean },
): Promise<Reading[]> {
  const until = new Date(now.getTime() - (atOnce ? 0 : SETTLES_WITHIN_MS));
  return readRows(
    db,
    Row,
    sql`
    select b.told_at as at, sum(b.current_cents) as cents
    from inquiries i join float_balances b on b.inquiry_id = i.id
    where ${isReadingSql(sql`${shortcode}`, instantSql(after))} and b.told_at <= ${instantSql(until)}
    group by i.id, b.told_at order by b.told_at, i.id`,
  );
}

/** The rest: the part of the change between two balances that no movement known today explains. */
export async function readRest(db: Reader, config: Numbers, shortcode: string, since: Reading, until: Reading): Promise<Range> {
  const moved = await readMovements(db, config, { shortcode, since: since.at, until: until.at });
  const change = until.cents - since.cents;
  return { ...moved, from: change - moved.until, until: change - moved.from };
}
