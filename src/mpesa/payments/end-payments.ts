import { type SQL, sql } from 'drizzle-orm';

/**
 * Closes payments that nobody paid in time, as a statement or a part of one. `of` is a relation with their ids in `id`; they are locked, and
 * no prompt of theirs and no told money can pay them any more.
 */
export const expirePaymentsSql = (of: SQL): SQL => sql`
  update payments p set state = 'expired', failure_code = null from ${of} as unpaid where p.id = unpaid.id`;

/**
 * Marks payments whose money has got back to the payer, as a statement or a part of one. `of` is a relation with their ids in `id`. Only
 * those that are `paid`, or those of `anyState`; only those for which `countedId` counts, where that deposit is given. Yields the `id`
 * of each that it marks.
 */
export const markGivenBackSql = (
  of: SQL,
  { state, anyState = false, countedId }: { state: 'refunded' | 'reversed'; anyState?: boolean; countedId?: string },
): SQL => sql`
  update payments p set state = ${state} from ${of} as back
  where p.id = back.id${anyState ? sql`` : sql` and p.state = 'paid'`}${countedId ? sql` and p.counted_deposit_id = ${countedId}::uuid` : sql``}
  returning p.id`;
