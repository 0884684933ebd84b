import { type SQL, sql } from 'drizzle-orm';

/**
 * What else pays the phone and the amount of line `l` of bulk payout `b`, as jsonb: other lines of the same file, and payouts of the seven
 * days before it and until it was decided. Null where nothing does. Both are looked up by the payee.
 */
export const repeatsSql: SQL = sql`(select jsonb_agg(jsonb_build_object('line', r.line, 'payout', r.reference, 'at', r.at) order by r.at, r.line) from (
  select o.line, null as reference, null::timestamptz as at from bulk_lines o
    where o.bulk_id = l.bulk_id and o.phone_hash = l.phone_hash and o.amount_cents = l.amount_cents and o.line <> l.line
  union all
  select null, p.reference, p.requested_at from payouts p
    where p.phone_hash = l.phone_hash and p.amount_cents = l.amount_cents and p.state not in ('declined', 'rejected')
      and p.requested_at > b.requested_at - interval '7 days' and (b.decided_at is null or p.requested_at <= b.decided_at)
      and not exists (select from bulk_lines own where own.payout_id = p.id and own.bulk_id = l.bulk_id)
  union all
  select o.line, e.reference, e.requested_at from bulk_lines o join bulk_payouts e on e.id = o.bulk_id
    where o.phone_hash = l.phone_hash and o.amount_cents = l.amount_cents and o.bulk_id <> l.bulk_id and o.payout_id is null and o.cancelled_at is null
      and e.state in ('requested', 'approved') and e.requested_at > b.requested_at - interval '7 days'
) r)`;
