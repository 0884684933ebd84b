import { sql } from 'drizzle-orm';

/**
 * What `customerMessage` needs of a payment `p` and its deposit `d`: whether the money is proved, what of it was given back, and whether
 * money came after it was taken back.
 */
export const HOW_IT_STANDS = sql`d.confirmed_at is not null as proved, d.refuted_at is not null as refuted, d.reversed_elsewhere_cents as given_back_cents,
  case when p.state in ('refunded', 'reversed') then (select sum(g.amount_cents) from payouts g
    where g.subject_id in (p.id, p.counted_deposit_id) and g.kind in ('refund', 'reversal') and g.state = 'paid') end as refunded_cents,
  case when p.state = 'reversed' and p.failure_code = 'refuted' then came_after_all_2(p.id) end as came_after_all`;
