-- What a deposit brought to the accounts of our short codes, what of it left them again (below zero), and when each was booked.
create function own_moves_1(p_deposit uuid) returns table (booked_at timestamptz, cents bigint) language sql stable as $$
  select t.booked_at, case when t.debit_account like 'paybill\_%' then t.amount_cents else 0 end - case when t.credit_account like 'paybill\_%' then t.amount_cents else 0 end
  from transfers t where t.kind in ('mpesa_in', 'proved_after_all', 'merged', 'taken_back', 'reversed_elsewhere') and t.source_id = p_deposit::text
    or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = p_deposit)
$$;
--> statement-breakpoint

-- How much of a deposit left one of our accounts by reversals, in the portal or of ours.
create function left_from_1(p_deposit uuid, p_account text) returns bigint language sql stable as $$
  select coalesce(sum(case when t.credit_account = p_account then t.amount_cents else -t.amount_cents end), 0)::bigint from transfers t
  where p_account in (t.credit_account, t.debit_account) and (t.kind = 'reversed_elsewhere' and t.source_id = p_deposit::text
    or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = p_deposit))
$$;
