import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { heldAloneSql } from '#books/ledger/balance.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { payingShortcode } from '../float/paying-shortcode.ts';
import type { App } from '../wiring/app.ts';

const BATCH = 500;

/** Books payouts of an earlier release to the float of the short code that they left, a few hundred a minute until none is left (gather-payouts.sql). Safe at any frequency. */
export async function gatherPayouts({ db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>): Promise<{ gathered: number }> {
  const [row] = await readRows(
    db,
    z.object({ moved: z.number() }),
    sql`select case when ${heldAloneSql(ACCOUNTS.paybillFloat)} = 0 then 0
      else gather_payouts_2(${payingShortcode(config)}, ${config.mpesa.shortcode}, ${BATCH}::int, ${instantSql(clock.now())}) end as moved`,
  );
  return { gathered: row?.moved ?? 0 };
}
