import type { FreshDatabase } from '../world/database.ts';

/** What reports count, read from all rows there are, day by day: nothing of how the minute counts is in it. */
export const truth = ({ sql }: Pick<FreshDatabase, 'sql'>): Promise<Record<string, unknown>[]> =>
  sql(`
  with prompted as (
    select (p.created_at at time zone 'Africa/Nairobi')::date as day, a.* from attempts a join payments p on p.id = a.payment_id
  ), moved as (
    select (d.moved_at at time zone 'Africa/Nairobi')::date as day, d.* from deposits d
    where d.shortcode is not null and d.moved_at is not null and d.merged_into is null and (d.taken_back_at is null or d.confirmed_at is not null)
  ), paying as (
    select distinct on (subject_id) subject_id, source, received_at from evidence where source in ('callback', 'query') and verdict = 'pays'
    order by subject_id, received_at, id
  ), confirming as (
    select subject_id, min(received_at) as received_at from evidence where source = 'transaction-status' and verdict = 'confirms' group by 1
  ), told as (
    select m.*, case when t.debit_account like 'paybill_told%' or m.source = 'c2b' then 'notice' when m.source = 'stk' then coalesce(e.source, 'query') else m.source end as told_by,
      case when m.confirmed_at is null then ''
        when least(e.received_at, s.received_at) <= m.confirmed_at or m.source = 'stk' and e.source is not null
          then case when s.received_at < e.received_at or e.received_at is null then 'status' else e.source end
        when m.source = 'stk' then 'query' when m.source <> 'c2b' then m.source else 'pull_or_statement' end as proved_by,
      m.id in (select o.merged_into from deposits o where o.source = 'c2b' and o.merged_into is not null)
        or m.attempt_id in (select v.subject_id from evidence v where v.source = 'callback' and v.verdict in ('pays', 'names', 'known') and v.subject_id is not null)
        or m.id in (select v.subject_id from evidence v where v.source = 'c2b' and v.subject_id is not null) as told_later
    from moved m left join transfers t on t.kind = 'mpesa_in' and t.leg = 1 and t.source_id = m.id::text
      left join paying e on e.subject_id = m.attempt_id left join confirming s on s.subject_id = m.id
  ), each as (
    select (created_at at time zone 'Africa/Nairobi')::date as day, 'payments' as figure, purpose || ':' || state as key, amount_cents from payments
    union all select day, 'prompts', 'made', amount_cents from prompted
    union all select day, 'prompts', 'accepted', amount_cents from prompted where checkout_hash is not null or state = 'paid'
    union all select day, 'prompts', 'paid', amount_cents from prompted where state = 'paid'
    union all select day, 'failures', 'failed:' || coalesce(result_code, ''), amount_cents from prompted where state = 'failed'
    union all select day, 'failures', 'expired:', amount_cents from prompted where state = 'expired'
    union all select day, 'movements', concat_ws(':', shortcode, told_by, proved_by, case when told_by in ('callback', 'notice') or coalesce(told_later, false) then 'told' else 'missed' end),
      amount_cents from told
    union all select m.day, 'seconds', round(ln(greatest(1, extract(epoch from m.moved_at - a.created_at))) / ln(1.05))::text, m.amount_cents
      from moved m join attempts a on a.id = m.attempt_id
    union all select (booked_at at time zone 'Africa/Nairobi')::date, 'booked',
      concat_ws('|', kind, regexp_replace(debit_account, '^(loan|savings):.*', '\\1'), regexp_replace(credit_account, '^(loan|savings):.*', '\\1')), amount_cents from transfers
  )
  select day::text, figure, key, count(*)::int as many, sum(amount_cents)::text as cents from each group by 1, 2, 3 order by 1, 2, 3`);
