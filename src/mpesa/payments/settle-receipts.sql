-- Settles the proofs of many receipts one by one, in the order in which everything that settles several receipts locks them. The fields of `p_receipts` are named like the
-- parameters of settle_receipt_2. Receipts that were proved before are skipped.
create function settle_receipts_2(p_source text, p_receipts jsonb, p_now timestamptz) returns table ("depositId" uuid, receipt text, verdict text) language plpgsql as $$
declare
  r record;
  settled record;
begin
  for r in select * from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint, reference text, standing text, typed text, payer_name text, payer_phone text,
      payer_hash text, payer_tail text, shortcode text, prompts boolean, times timestamptz[])
    where not exists (select from deposits d where d.receipt = t.receipt and d.receipt_proved_at is not null and d.confirmed_at is not null and d.amount_cents = t.amount
      and (d.source <> 'c2b' or d.attempt_id is not null)
      and not (p_source = 'statement' and d.shortcode is distinct from t.shortcode)
      and not (d.attempt_id is null and d.payer_hash is null and t.payer_hash is not null and cardinality(t.times) > 0) -- it says in full who paid
      and not (coalesce(d.tied_by in ('reference', 'payer', 'time'), false) and (d.payment_id <> (select p.id from payments p where p.reference = t.reference)
        or exists (select from attempts a where a.id = d.attempt_id and not may_be_from_1(a, t.payer_hash, t.payer_tail)))))
    order by amount, t.receipt
  loop
    select * into settled from settle_receipt_2(p_source, r.receipt, r.amount, r.reference, r.standing, r.typed, r.payer_name, r.payer_phone, r.payer_hash, r.payer_tail,
      r.shortcode, r.prompts, r.times, true, p_now);
    perform recall_reversed_2(r.receipt, p_now);
    "depositId" := settled."depositId"; receipt := r.receipt; verdict := settled.verdict;
    return next;
  end loop;
  -- what was reported otherwise of a receipt was wrong, and the books have what the list has
  if p_source in ('pull', 'statement') and exists (select from reviews task where task.kind in ('evidence_amount_differs', 'evidence_own_payout') and task.closed_at is null) then
    perform close_earlier_tasks_1(array['evidence_amount_differs', 'evidence_own_payout'], array(
      select d.receipt from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint) join deposits d on d.receipt = t.receipt
      where d.amount_cents = t.amount and d.receipt_proved_at is not null and d.confirmed_at is not null), 'What is proved is booked.', p_now);
  end if;
end $$;
