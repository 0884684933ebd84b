-- Books the success of an attempt once. The receipt that a callback names wins: the success takes over the row that bears it, wherever its money stands, and a receipt that the
-- success had by a guess becomes a movement of its own again. Returns the deposit that now waits to be allocated, if any.
create function take_success_3(
  attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  own deposits;    -- what this attempt's success is booked as
  holder deposits; -- what bears the receipt now
  receipt deposits;
  given deposits;  -- what signed statements show as reversed of that receipt
begin
  select * into own from deposits where attempt_id = attempt.id;
  select * into holder from deposits where deposits.receipt = p_receipt and id is distinct from own.id;
  given := holder;
  if holder.attempt_id is not null and holder.taken_back_at is not null then -- that prompt's own money was not given back
    perform free_receipt_2(holder.id, p_now);
    select * into holder from deposits where id = holder.id;
  end if;

  if holder.taken_back_at is not null then -- it was taken back, and came after all: a movement of its own
    perform merge_deposit_2(holder.id, own.id, p_now);
    holder := null;
  end if;

  if own.id is not null and own.receipt is null and is_paid_by_match_1(holder, payment.id) and stands_in_2(own) in ('clearing', 'customer_credit') then
    -- one movement, booked twice: as the prompt's success, and under its receipt, with which a person has paid this payment
    perform merge_deposit_2(own.id, holder.id, p_now);
    perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
    own := null;
  end if;

  if own.id is not null then
    if p_receipt is null or own.receipt = p_receipt and (own.tied_by = 'callback' or not p_proves_receipt) and (own.receipt_proved_at is not null or not p_proves_receipt) then return null; end if;
    if own.tied_by = 'callback' and own.receipt is not null and not p_proves_receipt then return null; end if;
    if own.receipt is distinct from p_receipt then
      if own.receipt is not null and holder.attempt_id is null and holder.id = payment.counted_deposit_id and holder.amount_cents = attempt.amount_cents
        and stands_in_2(holder) = 'spent' then
        perform gather_2(holder.id, p_shortcode, p_now);
        perform swap_names_2(own, holder, attempt, p_proves_receipt, p_moved_at, p_now);
        return (select id from deposits where id = own.id and allocated_at is null and merged_into is null);
      end if;
      -- the prompt that had it by a guess is nameless again, before what this one had by a guess may move there
      if holder.attempt_id is not null then perform unname_deposit_1(holder.id); end if;
      if own.receipt is not null then
        perform free_receipt_2(own.id, p_now);
        select * into own from deposits where attempt_id = attempt.id; -- it may have been taken back
      end if;
      if holder.attempt_id is null and holder.id is not null then
        if holder.receipt_proved_at is not null then p_proves_receipt := true; end if;
        perform merge_deposit_2(holder.id, own.id, p_now);
      end if;
    end if;
    update deposits set receipt = p_receipt, tied_by = 'callback',
      receipt_proved_at = coalesce(case when own.receipt = p_receipt then receipt_proved_at end, case when p_proves_receipt then p_now end),
      moved_at = coalesce(p_moved_at, moved_at), confirmation_due_at = case when not p_proves_receipt then p_now + interval '2 minutes' end
    where id = own.id;
    perform tell_moved_1(own.id, p_now);
    if given.reversed_elsewhere_at is not null then perform given_back_by_2(own.id, given, p_now); end if;
    if given.attempt_id is not null then perform take_reversal_along_2(given.id, own.id, p_now); end if;
    perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
    if p_proves_receipt then perform clear_doubt_2(attempt.id, p_now); end if;
    if holder.attempt_id is not null then perform name_again_2(holder.id, p_now); end if;
    return null;
  end if;

  if holder.attempt_id is not null then
    perform unname_deposit_1(holder.id);
  elsif holder.id is not null and holder.amount_cents = attempt.amount_cents then
    perform gather_2(holder.id, p_shortcode, p_now); -- a notice may have lied about where it came
    if claim_deposit_3(holder, attempt, 'callback', p_now) then
      update deposits set receipt_proved_at = case when p_proves_receipt then coalesce(receipt_proved_at, p_now) else receipt_proved_at end,
        confirmation_due_at = case when p_proves_receipt or receipt_proved_at is not null then null else confirmation_due_at end where id = holder.id;
      perform count_deposit_2(holder.id, p_now);
      return (select id from deposits where id = holder.id and allocated_at is null);
    end if;
  end if;
  if p_receipt is null then
    -- a success without a name: a person may have paid its payment with it, or a notice may have reported it
    select * into receipt from deposits d where d.id = payment.counted_deposit_id and d.refuted_at is null and d.shortcode is not distinct from p_shortcode
      and is_paid_by_match_1(d, payment.id) and may_fit_1(attempt, sure_times_1(d), d.receipt, d.payer_hash, d.payer_tail);
    if claim_deposit_3(receipt, attempt, tie_of_1(receipt, attempt), p_now) then
      if receipt.receipt_proved_at is null or tie_of_1(receipt, attempt) = 'time' then perform doubt_receipt_2(attempt, receipt.id, p_shortcode, p_now); end if;
      return null;
    end if;
    for receipt in select * from find_receipts_1(attempt, p_shortcode) loop
      if claim_deposit_3(receipt, attempt, tie_of_1(receipt, attempt), p_now) then
        if receipt.receipt_proved_at is null or tie_of_1(receipt, attempt) = 'time' then perform doubt_receipt_2(attempt, receipt.id, p_shortcode, p_now); end if;
        perform count_deposit_2(receipt.id, p_now);
        return (select id from deposits where id = receipt.id and allocated_at is null);
      end if;
    end loop;
  end if;

  own.id := new_id_1(); own.source := 'stk'; own.attempt_id := attempt.id; own.payment_id := payment.id; own.amount_cents := attempt.amount_cents;
  own.shortcode := p_shortcode; own.moved_at := coalesce(p_moved_at, p_now); own.settled_at := p_now; own.confirmed_at := p_now; own.allocation_due_at := p_now;
  if holder.id is not null and holder.attempt_id is null then perform merge_deposit_2(holder.id, own.id, p_now); end if;
  if holder.amount_cents <> attempt.amount_cents then perform open_task_1('evidence_amount_differs', p_receipt, p_now); end if;
  if p_receipt is not null then
    own.receipt := p_receipt; own.tied_by := 'callback'; own.receipt_proved_at := case when p_proves_receipt then p_now end;
    own.confirmation_due_at := case when not p_proves_receipt then p_now + interval '2 minutes' end;
  end if;
  perform open_deposit_1(own, p_now);
  if p_receipt is null then
    perform match_left_over_2(attempt, p_shortcode, p_now);
    if exists (select from deposits d where d.id = own.id and d.receipt is null) then perform doubt_receipt_2(attempt, own.id, p_shortcode, p_now); end if;
  end if;
  perform count_deposit_2(own.id, p_now);
  if given.reversed_elsewhere_at is not null then perform given_back_by_2(own.id, given, p_now); end if;
  if given.attempt_id is not null then perform take_reversal_along_2(given.id, own.id, p_now); end if;
  if holder.attempt_id is not null then perform name_again_2(holder.id, p_now); end if;
  return (select id from deposits where id = own.id and allocated_at is null);
end $$;
