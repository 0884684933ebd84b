-- Settles a status answer about the receipt of one deposit, posted to the question's own address. `p_shortcode` is our short code that was credited. If it is null, none of
-- ours was; but if `p_says` is `nameless`, the answer names nobody and so says nothing: it is asked again.
create function settle_deposit_status_3(
  p_deposit uuid, p_body_hash text, p_body text, p_says text, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text,
  p_payer_tail text, p_finalised_at timestamptz, p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  d deposits;
  proved record;
  fresh boolean;
begin
  select * into d from deposits where id = p_deposit;
  if p_says = 'completed' then -- in the order of all who settle
    perform lock_group_1(d.amount_cents);
    perform lock_receipt_1(p_receipt);
    perform from payments where id = d.payment_id for update;
    select * into d from deposits where id = p_deposit for update;
  end if;
  verdict := case
    when d.id is null then 'no_deposit'
    when p_says = 'unclear' then 'unclear'
    when d.receipt is distinct from p_receipt then 'other_receipt'
    when p_says = 'not_completed' then 'not_completed'
    when d.amount_cents is distinct from p_amount then 'other_amount'
    when is_paid_out_1(p_receipt) then 'other_party'
    when p_shortcode is null then case p_says when 'nameless' then 'unclear' else 'other_party' end
    when d.receipt_proved_at is not null then 'known'
    else 'confirms' end;
  fresh := keep_evidence_1(p_deposit, 'transaction-status', p_body_hash, p_body, verdict, p_now);
  if verdict = 'confirms' then
    select * into proved from settle_receipt_2('status', d.receipt, d.amount_cents, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode,
      d.may_echo, array_remove(array[p_finalised_at], null), false, p_now);
    perform recall_reversed_2(d.receipt, p_now);
    "depositId" := proved."depositId";
  elsif verdict in ('other_receipt', 'other_amount', 'other_party', 'not_completed') and fresh and not (verdict = 'other_receipt' and d.receipt_proved_at is not null) then
    perform open_task_1('deposit_not_confirmed', p_deposit::text, p_now);
  end if;
end $$;
