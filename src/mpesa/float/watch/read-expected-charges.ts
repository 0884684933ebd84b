import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '#ground/config/config.ts';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { least } from '#ground/money/cents.ts';
import { readMovements } from './read-movements.ts';

const DAY_MS = 24 * 3_600_000;
/** People enter charges a month or two after they were made. So entries of the first month of this time are not counted: they are for earlier charges. */
const MADE_WITHIN_DAYS = 92;
const BOOKED_WITHIN_DAYS = 61;

type Numbers = Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>;

/**
 * The charges that the tariff expects for the last months, in cents, less what entries and lines have booked of them. At most what is left in the same way of all
 * charges since the first balance, so that nothing is booked twice, whatever day an entry names and however late it comes. Charges from before the first balance are
 * in the money from before.
 */
export async function readExpectedCharges(db: Reader, config: Numbers, shortcode: string, until: Date): Promise<bigint> {
  const madeSince = new Date(until.getTime() - MADE_WITHIN_DAYS * DAY_MS);
  const bookedAfter = sql`${instantSql(until)} - make_interval(days => ${BOOKED_WITHIN_DAYS})`;
  const lately = await readUnbooked(db, config, { shortcode, since: madeSince, until, bookedAfter });
  const [watch] = await readRows(
    db,
    z.object({ openedAt: instant }),
    sql`select opened_at from float_watches where shortcode = ${shortcode}`,
  );
  if (!watch || lately <= 0n) return lately;
  const since = watch.openedAt;
  const ever = await readUnbooked(db, config, { shortcode, since, until, bookedAfter: instantSql(since) });
  return least(ever, lately);
}

async function readUnbooked(
  db: Reader,
  config: Numbers,
  { bookedAfter, ...span }: { shortcode: string; since: Date; until: Date; bookedAfter: SQL },
): Promise<bigint> {
  const charged = await readMovements(db, config, span);
  const free = await readMovements(db, { ...config, float: { ...config.float, expectsCharges: false } }, span);
  const [booked] = await readRows(
    db,
    z.object({ cents: bigintText }),
    sql`
    select coalesce(sum(e.amount_cents - coalesce((select sum(l.cents) from float_entry_lines l where l.entry_id = e.id), 0)), 0) as cents from float_entries e
    where e.shortcode = ${span.shortcode} and e.kind = 'charge' and e.state = 'booked' and e.occurred_at is null and e.booked_at > ${bookedAfter}`,
  );
  return free.from - charged.from - (booked?.cents ?? 0n);
}
