-- The legs of the sale of an order or donation: sales (or donations), VAT and rounding, in the order in which they are booked.
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

-- What a payment was sold for, as booked. No rows before it has an invoice: then it was not sold yet.
create function sold_for_1(payment payments) returns table (account text, cents bigint) language sql stable as $$
  select l.account, l.cents from sale_legs_1(payment, payment.settled_at) l
  where exists (select from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note')
$$;
--> statement-breakpoint

-- Books a paid order or donation: clearing to sales (or donations), VAT and rounding; drafts its invoice and promises the e-mail. `p_source` is the deposit, or the match that
-- took it out of suspense. Does nothing when the payment was sold before. One deposit may sell two payments in turn: once the money of another deposit stands in for it in the
-- first sale, it is free for the next.
create function sell_2(payment payments, p_source uuid, p_at timestamptz, p_now timestamptz) returns void language plpgsql as $$
begin
  if exists (select from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note') then return; end if;
  perform book_legs_1('sale', p_source, next_leg_1('sale', p_source), 'clearing', array_agg(account order by turn), array_agg(cents order by turn), p_now) from sale_legs_1(payment, p_at);
  perform draft_invoice_1(payment, case when exists (select from jsonb_array_elements(payment.lines) l where l ->> 'kind' = 'product') then 'invoice' else 'receipt' end,
    (select jsonb_agg(l - 'kind') from jsonb_array_elements(payment.lines) l),
    (select jsonb_agg(jsonb_build_object('vatClass', vat_class, 'basisPoints', basis_points, 'netCents', net_cents::text, 'vatCents', vat_cents::text) order by vat_class)
      from vat_of_1(payment.lines, p_at)), p_now);
end $$;
