-- What of a deposit stood in the accounts of our short codes at a moment.
create function stood_at_1(p_deposit uuid, p_at timestamptz) returns bigint language sql stable as $$
  select coalesce(sum(case when t.debit_account like 'paybill\_%' then t.amount_cents else 0 end - case when t.credit_account like 'paybill\_%' then t.amount_cents else 0 end), 0)::bigint
  from transfers t where t.booked_at <= p_at and (t.kind in ('mpesa_in', 'proved_after_all', 'merged', 'taken_back', 'reversed_elsewhere') and t.source_id = p_deposit::text
    or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = p_deposit::text))
$$;
