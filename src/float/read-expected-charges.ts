import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Config } from '../config.ts';
import { bigintText, readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';
import { readMovements } from './read-movements.ts';

const DAY_MS = 24 * 3_600_000;
/** Charges are entered a month or two after they were made; what is taken off again is that of a month less, since an entry of then is for what came before. */
const MADE_WITHIN_DAYS = 92;
const BOOKED_WITHIN_DAYS = 61;

/** What the tariff expects to have been charged lately, in cents, less what entries and lines have booked of it. */
export async function readExpectedCharges(
  db: Reader,
  config: Pick<Config, 'mpesa' | 'paybill' | 'initiator' | 'float'>,
  shortcode: string,
  until: Date,
): Promise<bigint> {
  const span = { shortcode, since: new Date(until.getTime() - MADE_WITHIN_DAYS * DAY_MS), until };
  const charged = await readMovements(db, config, span);
  const free = await readMovements(db, { ...config, float: { ...config.float, expectsCharges: false } }, span);
  const [booked] = await readRows(
    db,
    z.object({ cents: bigintText }),
    sql`
    select coalesce(sum(e.amount_cents - coalesce((select sum(l.cents) from float_entry_lines l where l.entry_id = e.id), 0)), 0) as cents from float_entries e
    where e.shortcode = ${shortcode} and e.kind = 'charge' and e.state = 'booked' and e.occurred_at is null
      and e.occurred_on > (${until.toISOString()}::timestamptz at time zone 'Africa/Nairobi')::date - ${BOOKED_WITHIN_DAYS}::int`,
  );
  return free.from - charged.from - (booked?.cents ?? 0n);
}
