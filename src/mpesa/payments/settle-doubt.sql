-- Settles the proof of a receipt that a success of this attempt named when it was not believed. If the amount is what was asked, the success is true after all; else the money
-- is a movement of its own, which nobody asked for. Safe to repeat.
create function settle_doubt_4(
  p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_finalised_at timestamptz,
  p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  attempt attempts;
  payment payments;
  proved record;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  perform from payments where id in ((select a.payment_id from attempts a where a.id = p_attempt), (select d.payment_id from deposits d where d.receipt = p_receipt)) order by id for update;
  select * into attempt from attempts where id = p_attempt for update;
  select * into payment from payments where id = attempt.payment_id;
  if attempt.amount_cents = p_amount and attempt.state <> 'paid' and not exists (select from deposits d where d.receipt = p_receipt and d.receipt_proved_at is not null) then
    verdict := 'pays';
    "depositId" := take_success_3(attempt, payment, p_receipt, true, p_shortcode, (readings_1(p_receipt, array_remove(array[p_finalised_at], null), p_now))[1], p_now);
    update attempts set state = 'paid', live = false, receipt = p_receipt, query_due_at = null where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);
  else
    select * into proved from settle_receipt_2('status', p_receipt, p_amount, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode, true,
      array_remove(array[p_finalised_at], null), true, p_now);
    verdict := proved.verdict;
    "depositId" := proved."depositId";
  end if;
  perform recall_reversed_2(p_receipt, p_now);
  if verdict in ('pays', 'proves', 'fills', 'displaces', 'arrives', 'known') then
    perform close_tasks_1(array['evidence_amount_differs', 'evidence_phone_differs', 'evidence_second_receipt', 'evidence_receipt_used', 'evidence_doubted'], p_attempt::text,
      'Its receipt is proved, and booked.', p_now);
  end if;
end $$;
