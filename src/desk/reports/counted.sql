-- The ten minutes in which a moment lies. A day in Nairobi begins with one of them.
create function slot_of_1(p_at timestamptz) returns timestamptz language sql immutable parallel safe return
  date_bin('10 minutes', p_at, timestamptz '2000-01-01 00:00+00');
--> statement-breakpoint

-- What the slots from `p_from` and before `p_until` count, from the rows themselves: for each figure its keys, each with how many and how many cents.
--   payments   by when they were asked for: `purpose:state`
--   prompts    of these payments: `made`, `accepted` (Safaricom took it), `paid`
--   failures   of these prompts: `failed:code` or `expired:`
--   movements  by M-PESA's time: `short code:told first by:proved first by:told by a message`, as src/desk/reports/read-evidence.ts explains them
--   seconds    from prompt to M-PESA's time, of paid prompts: buckets that are 5 % wide
-- Without sequential scans: the planner cannot know how few rows these are.
create function counted_1(p_from timestamptz, p_until timestamptz) returns table (slot timestamptz, figure text, counts jsonb)
  language plpgsql stable set enable_seqscan = off as $$
begin
  return query
  with recursive codes as (
    (select d.shortcode from deposits d where d.shortcode is not null order by d.shortcode limit 1)
    union all
    select (select d.shortcode from deposits d where d.shortcode > c.shortcode order by d.shortcode limit 1) from codes c where c.shortcode is not null
  ), asked as materialized (
    select p.id, slot_of_1(p.created_at) as slot, p.purpose, coalesce(p.state, p.status) as state, p.amount_cents
    from payments p where p.created_at >= p_from and p.created_at < p_until
  ), prompted as materialized (
    select k.slot, a.state, a.result_code, a.checkout_hash is not null or a.state = 'paid' as accepted, a.amount_cents
    from asked k cross join lateral (select * from attempts a where a.payment_id = k.id) a
  ), moved as materialized (
    select d.id, slot_of_1(d.moved_at) as slot, d.shortcode, d.attempt_id, d.source, d.amount_cents, d.confirmed_at, d.moved_at
    from codes c cross join lateral (
      select * from deposits d where d.shortcode = c.shortcode and d.moved_at >= p_from and d.moved_at < p_until) d
    where d.merged_into is null and (d.taken_back_at is null or d.confirmed_at is not null) -- what was given back in the portal came nevertheless
  ), told as (
    select m.slot, m.amount_cents, m.shortcode,
      case when t.debit_account like 'paybill_told%' or m.source = 'c2b' then 'notice' when m.source = 'stk' then coalesce(e.source, 'query') else m.source end as told_by,
      -- what proved it first: a list, where that was before any message
      case when m.confirmed_at is null then ''
        when least(e.received_at, s.received_at) <= m.confirmed_at or m.source = 'stk' and e.source is not null
          then case when s.received_at < e.received_at or e.received_at is null then 'status' else e.source end
        when m.source = 'stk' then 'query' when m.source <> 'c2b' then m.source else 'pull_or_statement' end as proved_by,
      exists (select from deposits o where o.merged_into = m.id and o.source = 'c2b')
        or exists (select from evidence v where v.subject_id = m.attempt_id and v.source = 'callback' and v.verdict in ('pays', 'names', 'known'))
        or exists (select from evidence v where v.subject_id = m.id and v.source = 'c2b') as told_later
    from moved m
    left join transfers t on t.kind = 'mpesa_in' and t.source_id = m.id::text and t.leg = 1
    left join lateral (
      select v.source, v.received_at from evidence v where v.subject_id = m.attempt_id and v.source in ('callback', 'query') and v.verdict = 'pays'
      order by v.received_at, v.id limit 1
    ) e on true
    left join lateral (
      select min(v.received_at) as received_at from evidence v where v.subject_id = m.id and v.source = 'transaction-status' and v.verdict = 'confirms'
    ) s on true
  ), keyed as (
    select k.slot, 'payments' as figure, k.purpose || ':' || k.state as key, k.amount_cents from asked k
    union all select p.slot, 'prompts', 'made', p.amount_cents from prompted p
    union all select p.slot, 'prompts', 'accepted', p.amount_cents from prompted p where p.accepted
    union all select p.slot, 'prompts', 'paid', p.amount_cents from prompted p where p.state = 'paid'
    union all select p.slot, 'failures', p.state || ':' || case p.state when 'failed' then coalesce(p.result_code, '') else '' end, p.amount_cents
    from prompted p where p.state in ('failed', 'expired')
    union all select o.slot, 'movements', concat_ws(':', o.shortcode, o.told_by, o.proved_by, case when o.told_by in ('callback', 'notice') or o.told_later then 'told' else 'missed' end),
      o.amount_cents from told o
    union all select m.slot, 'seconds', round(ln(greatest(1, extract(epoch from m.moved_at - a.created_at))) / ln(1.05))::text, m.amount_cents
    from moved m join attempts a on a.id = m.attempt_id
  ), summed as (
    select k.slot, k.figure, k.key, count(*) as many, sum(k.amount_cents)::bigint as cents from keyed k group by 1, 2, 3
  )
  select s.slot, s.figure, jsonb_object_agg(s.key, jsonb_build_array(s.many, s.cents)) from summed s group by 1, 2;
end $$;
