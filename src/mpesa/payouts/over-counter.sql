-- What still stands in sales and VAT of a deposit that was sold over the counter, after what was taken back of it and what its refunds have taken off
-- (close-counter-refund.ts).
create function over_counter_2(p_deposit uuid) returns table (account text, cents bigint) language sql stable as $$
  select x.account, sum(x.cents)::bigint from (
    select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind = 'counter_sale' and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from transfers t where t.kind in ('claimed', 'taken_back') and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from payouts o join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
      where o.subject_id = p_deposit and o.payment_id is null) x
  where x.account in ('counter_sales', 'vat_payable') group by x.account having sum(x.cents) > 0 order by x.account
$$;
