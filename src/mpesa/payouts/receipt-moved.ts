import { type SQL, sql } from 'drizzle-orm';

/**
 * Whether a reversal's deposit no longer has the receipt that the reversal was requested for: it would then reverse another movement. Rows
 * of the previous release have no such receipt. `payout` is the SQL alias of its row.
 */
export const receiptMovedSql = (payout: SQL): SQL => sql`(${payout}.kind = 'reversal' and not exists (
  select from deposits d where d.id = case when ${payout}.kind = 'reversal' then ${payout}.subject_id end and d.receipt = coalesce(${payout}.receipt, d.receipt)))`;
