-- The VAT contained in lines, per class in alphabetical order, by the rates of that day in Nairobi: each class is split once, so that roundings do not add up. Half a
-- cent rounds up, in favour of the tax.
create function vat_of_1(p_lines jsonb, p_at timestamptz) returns table (vat_class text, basis_points int, net_cents bigint, vat_cents bigint) language plpgsql stable as $$
begin
  return query
    select g.class, r.basis_points, g.cents - v.cents, v.cents
    from (select l."vatClass" as class, sum(l."grossCents")::bigint as cents from jsonb_to_recordset(p_lines) as l("vatClass" text, "grossCents" bigint) group by 1) g
    left join lateral (select rates.basis_points from vat_rates rates
      where rates.vat_class = g.class and rates.valid_from <= (p_at at time zone 'Africa/Nairobi')::date order by rates.valid_from desc limit 1) r on true
    cross join lateral (select (2 * g.cents * r.basis_points + 10000 + r.basis_points) / (2 * (10000 + r.basis_points)) as cents) v
    order by g.class;
  if exists (select from jsonb_to_recordset(p_lines) as l("vatClass" text)
    where not exists (select from vat_rates rates where rates.vat_class = l."vatClass" and rates.valid_from <= (p_at at time zone 'Africa/Nairobi')::date)) then
    raise exception 'There is no VAT rate for a class of these lines on that day: add a row to vat_rates.';
  end if;
end $$;
--> statement-breakpoint

-- What an order or donation is sold for: sales (or donations), VAT and rounding, in the order in which they are booked.
create function sale_legs_1(payment payments, p_at timestamptz) returns table (turn bigint, account text, cents bigint) language sql stable as $$
  with lines as (
    select k.kind, (select coalesce(jsonb_agg(l), '[]') from jsonb_array_elements(payment.lines) l where l ->> 'kind' = k.kind) as of_kind from (values ('product'), ('donation')) k(kind)
  )
  select row_number() over (order by part, vat_class, place), account, cents
  from (
    select 1 as part, v.vat_class, 1 as place, 'sales' as account, v.net_cents as cents from lines, vat_of_1(of_kind, p_at) v where kind = 'product'
    union all select 1, v.vat_class, 2, 'vat_payable', v.vat_cents from lines, vat_of_1(of_kind, p_at) v where kind = 'product'
    union all select 2, v.vat_class, 1, 'donations', v.net_cents from lines, vat_of_1(of_kind, p_at) v where kind = 'donation'
    union all select 2, v.vat_class, 2, 'vat_payable', v.vat_cents from lines, vat_of_1(of_kind, p_at) v where kind = 'donation'
    union all select 3, '', 1, 'rounding', payment.amount_cents - payment.owed_cents
  ) legs where cents > 0
$$;
--> statement-breakpoint

-- Books a paid order or donation: clearing to sales (or donations), VAT and rounding; drafts its invoice and promises the e-mail. `p_source` is the deposit, or the match
-- that took it out of suspense. Books nothing when the payment was sold before. One deposit may sell two in turn: what another's money has taken over from it is free for the next.
create function sell_1(payment payments, p_source uuid, p_at timestamptz, p_now timestamptz) returns void language plpgsql as $$
begin
  if exists (select from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note') then return; end if;
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select new_id_1(), 'sale', p_source::text, next_leg_1('sale', p_source) - 1 + row_number() over (order by turn), 'clearing', account, cents, p_now
  from sale_legs_1(payment, p_at);
  perform draft_invoice_1(payment, case when exists (select from jsonb_array_elements(payment.lines) l where l ->> 'kind' = 'product') then 'invoice' else 'receipt' end,
    (select jsonb_agg(l - 'kind') from jsonb_array_elements(payment.lines) l),
    (select jsonb_agg(jsonb_build_object('vatClass', vat_class, 'basisPoints', basis_points, 'netCents', net_cents::text, 'vatCents', vat_cents::text) order by vat_class)
      from vat_of_1(payment.lines, p_at)), p_now);
end $$;
