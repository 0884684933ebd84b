-- How much of a deposit was booked out of our floats until a moment because it was reversed in the portal, less what was booked back. An earlier release booked it out
-- when the deposit was taken back.
create function booked_reversed_1(p_deposit uuid, p_until timestamptz) returns bigint language sql stable as $$
  select coalesce(sum(case when t.credit_account like 'paybill_float%' then t.amount_cents when t.debit_account like 'paybill_float%' then -t.amount_cents else 0 end), 0)::bigint from transfers t
  where t.kind in ('reversed_elsewhere', 'taken_back') and t.source_id = p_deposit::text and t.booked_at <= p_until
$$;
--> statement-breakpoint

-- What the books have learnt since a short code's first balance about the time before it: money that had come unreported, less money that was a lie, was one movement booked
-- twice, was reversed in the portal, or was paid out although it counted as rejected. The money from before the first balance is so much less. A deposit that moves to its own
-- short code is corrected at both short codes when it moves (gather_2). It looks back 62 days, which is what a statement covers.
create function learnt_since_2(p_shortcode text, p_opened_at timestamptz) returns bigint language plpgsql stable as $$
begin
  return (select coalesce(sum(learnt.cents), 0)::bigint from (
    select case when d.settled_at > p_opened_at then d.amount_cents else -d.amount_cents end as cents from deposits d
    where d.shortcode = p_shortcode and d.moved_at <= p_opened_at and d.moved_at > p_opened_at - interval '62 days' and case
      when d.settled_at > p_opened_at then d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
      when d.taken_back_at is not null then d.taken_back_at > p_opened_at and d.reversed_elsewhere_at is null
      else d.merged_into is not null and exists (select from transfers t where t.kind = 'merged' and t.source_id = d.id::text and t.booked_at > p_opened_at) end
    -- what left first of a payment was booked first
    union all select least(booked_reversed_1(d.id, p_opened_at), gone.cents) - least(booked_reversed_1(d.id, 'infinity'), gone.cents) from deposits d
      cross join lateral (select case count(*) when 0 then d.reversed_elsewhere_cents else coalesce(sum(l.cents) filter (where l.left_at <= p_opened_at), 0) end as cents
        from given_back_lines_1(d.receipt, known_shortcode_1(d)) l) gone
    where d.shortcode = p_shortcode and d.reversed_elsewhere_at <= p_opened_at
    -- while nobody could say of which payment, and when somebody could
    union all select case t.debit_account when 'receivables' then -t.amount_cents else t.amount_cents end from transfers t
    where t.kind = 'reversed_elsewhere' and t.booked_at > p_opened_at and 'paybill_float:' || p_shortcode in (t.debit_account, t.credit_account)
      and exists (select from statement_lines l where l.receipt = t.source_id and l.completed_at <= p_opened_at)
    union all select -w.amount_cents from withdrawals w join payouts p on p.id = w.payout_id
      join transfers t on t.kind in ('payout_paid', 'payout_late') and t.source_id = w.id::text and t.leg = 1
    where w.settled_at > p_opened_at and w.settled_at <= p_opened_at + interval '62 days' and w.state = 'paid' and w.moved_at <= p_opened_at
      and coalesce('paybill_float:' || (select d.shortcode from deposits d where d.id = case p.kind when 'reversal' then p.subject_id end), t.credit_account) = 'paybill_float:' || p_shortcode
  ) learnt);
end $$;
