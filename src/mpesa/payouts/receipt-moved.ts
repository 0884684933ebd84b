import { type SQL, sql } from 'drizzle-orm';

/**
 * True of a reversal whose deposit has not the receipt any more that it was asked for, or none: it would give back another movement, or nothing. One that the previous release
 * asked for has none on record. `payout` is its row's name in the statement.
 */
export const receiptMovedSql = (payout: SQL): SQL => sql`(${payout}.kind = 'reversal' and not exists (
  select from deposits d where d.id = case when ${payout}.kind = 'reversal' then ${payout}.subject::uuid end and d.receipt = coalesce(${payout}.receipt, d.receipt)))`;
