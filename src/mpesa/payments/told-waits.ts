import { type SQL, sql } from 'drizzle-orm';

/**
 * Whether told money for the payment `p` waits for proof before it is allocated; open-attempt.sql asks the same before it sends another
 * prompt.
 */
export const TOLD_WAITS: SQL = sql`(p.state in ('pending', 'unknown', 'failed', 'expired') and (select true from deposits h
  where h.payment_id = p.id and h.held_until = 'infinity' and h.allocated_at is null and h.merged_into is null and h.refuted_at is null
    and h.amount_cents >= p.amount_cents limit 1) is not null)`;
