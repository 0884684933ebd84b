import { type SQL, sql } from 'drizzle-orm';

/**
 * Whether a notice has told of money that pays the payment `p` and that is not allocated before it is proved: the same as open-attempt.sql asks before a prompt is sent
 * once more.
 */
export const TOLD_WAITS: SQL = sql`(p.status in ('pending', 'unknown', 'failed', 'expired') and (select true from deposits h
  where h.payment_id = p.id and h.held_until = 'infinity' and h.allocated_at is null and h.merged_into is null and h.refuted_at is null
    and h.amount_cents >= p.amount_cents limit 1) is not null)`;
