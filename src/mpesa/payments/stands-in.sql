-- The account in which a deposit's money arrived: the float of its short code if it is proved, else the short code's told account.
create function arrived_in_1(d deposits) returns text language plpgsql as $$
begin
  if d.shortcode is null then return 'paybill_float'; end if; -- an earlier release booked it, and it has not been gathered yet
  return own_account_1(case when d.confirmed_at is null then 'paybill_told' else 'paybill_float' end, d.shortcode);
end $$;
--> statement-breakpoint

-- Where the whole of a deposit stands: `gone` (taken back), `clearing` (not allocated), `suspense` or `customer_credit` (nothing of it taken), `spent` otherwise.
create function stands_in_2(d deposits) returns text language plpgsql stable as $$
begin
  if d.taken_back_at is not null then return 'gone'; end if;
  if d.allocated_at is null then return 'clearing'; end if;
  if is_leaving_1(d.id) or is_matched_1(d.id) then return 'spent'; end if;
  return coalesce(parked_in_1(d), 'spent');
end $$;
--> statement-breakpoint

-- The account in which the whole of a deposit was parked, whatever was refunded of it since. It may have been parked more than once: after a list corrected it, or a prompt
-- gave it up, it is parked again.
create function parked_in_1(d deposits) returns text language sql stable as $$
  select x.account from (
      select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind in ('suspense', 'surplus', 'swapped') and t.source_id = d.id::text
      union all select t.debit_account, -t.amount_cents from transfers t where t.kind in ('claimed', 'merged', 'swapped') and t.source_id = d.id::text) x
    where x.account in ('suspense', 'customer_credit') group by x.account having sum(x.cents) = d.amount_cents
$$;
--> statement-breakpoint

-- The next leg for a transfer of this kind, where the same can happen to one movement again.
create function next_leg_1(p_kind text, p_deposit uuid) returns int language sql stable return
  (select coalesce(max(leg), 0) + 1 from transfers where kind = p_kind and source_id = p_deposit::text);
