import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import type { App } from '../wiring/app.ts';

const BATCH = 500;

/** What still stands on the float account without a short code, where an earlier release booked: its balance without its parts. */
export const EARLIER_FLOAT = sql`(select held_1('paybill_float') - coalesce(sum(h.cents), 0)
  from held_each_1(array(select id from accounts where parent = 'paybill_float')) h)`;

/** Books payouts of an earlier release to the float of the short code that they left, a few hundred a minute until none is left (gather-payouts.sql). Safe at any frequency. */
export async function gatherPayouts({ db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>): Promise<{ gathered: number }> {
  const [row] = await readRows(
    db,
    z.object({ moved: z.number() }),
    sql`select case when ${EARLIER_FLOAT} = 0 then 0
      else gather_payouts_2(${payingShortcode(config)}, ${config.mpesa.shortcode}, ${BATCH}::int, ${instantSql(clock.now())}) end as moved`,
  );
  return { gathered: row?.moved ?? 0 };
}
