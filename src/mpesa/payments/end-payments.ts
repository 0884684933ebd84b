import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';

/**
 * Expires payments that nobody paid in time, as a statement or a part of one. `of` is a relation with their ids in `id`. First lock them and check that no prompt
 * and no told money can still pay them.
 */
export const expirePaymentsSql = (of: SQL): SQL => sql`
  update payments p set state = 'expired', failure_code = null from ${of} as unpaid where p.id = unpaid.id`;

/** The audit rows of payments that have expired, as a part of a statement: `from` yields their `id` and their state `before`. */
export const expiredSql = (from: SQL, now: Date): SQL =>
  recordSql({
    ...{ actor: 'malipo', action: 'payment_expired', subject: sql`id::text`, happenedAt: now, from },
    ...{ before: sql`to_jsonb(before)`, after: sql`to_jsonb('expired'::text)` },
  });

/**
 * Marks payments whose money was given back to the payer, as a statement or a part of one. `of` is a relation with their ids in `id`. Marks only those that are
 * `paid`, unless `anyState`; with `countedId` only those for which that deposit counts. Yields the `id` of each that it marks.
 */
export const markGivenBackSql = (
  of: SQL,
  { state, anyState = false, countedId }: { state: 'refunded' | 'reversed'; anyState?: boolean; countedId?: string },
): SQL => sql`
  update payments p set state = ${state} from ${of} as back
  where p.id = back.id${anyState ? sql`` : sql` and p.state = 'paid'`}${countedId ? sql` and p.counted_deposit_id = ${countedId}::uuid` : sql``}
  returning p.id`;
