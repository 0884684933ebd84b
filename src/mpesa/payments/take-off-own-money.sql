-- A line that two people have signed shows a receipt as a movement of the organisation's own money, but the books have it as a customer's (reported by a notice, proved by a
-- status answer, or listed by a pull). The deposit is taken off, proof and all; what was bought with it is locked until a person takes it back. If a success has the receipt by
-- a guess, it loses it. If a callback has named the receipt, it is a prompt's: then it returns false, and nothing is booked for the line.
create function take_off_own_money_2(p_receipt text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
begin
  select * into d from deposits where receipt = p_receipt;
  perform lock_group_1(d.amount_cents);
  perform lock_receipt_1(p_receipt);
  perform from payments where id = d.payment_id for update;
  select * into d from deposits where receipt = p_receipt and merged_into is null and taken_back_at is null for update;
  if d.id is null then return true; end if;
  perform open_task_1('evidence_own_payout', p_receipt, p_now);
  if d.tied_by in ('reference', 'payer', 'time') then
    perform unname_deposit_1(d.id);
    perform match_left_over_2(a, d.shortcode, p_now) from attempts a where a.id = d.attempt_id;
    return true;
  elsif d.attempt_id is not null then
    return false;
  end if;
  if d.confirmed_at is not null then perform disprove_money_2(d, p_now); end if;
  update deposits set receipt_proved_at = null where id = d.id;
  perform merge_deposit_2(d.id, null, p_now);
  perform record_1('deposit_refuted', d.id, case when d.confirmed_at is null then 'told' else 'proved' end, 'refuted', p_now);
  return true;
end $$;
