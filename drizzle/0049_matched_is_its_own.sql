-- What a person has matched to a payment is that payment's prompt's own money when its callback names the same receipt: one code is one booking, and an honest sale stays.
create function is_paid_by_match_1(d deposits, p_payment uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from payments p where p.id = p_payment and p.counted_deposit_id = d.id and p.amount_cents = d.amount_cents)
    and match_for_1(d.id, p_payment, d.amount_cents) is not null and d.attempt_id is null and d.merged_into is null and d.taken_back_at is null;
end $$;
--> statement-breakpoint
create function claim_deposit_3(d deposits, attempt attempts, p_tied_by text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  place text;
begin
  select * into d from deposits where id = d.id and attempt_id is null and merged_into is null and taken_back_at is null for update; -- it may have been allocated meanwhile
  if d.id is null then return false; end if;
  place := case when undo_counter_sale_2(d.id, p_now) then 'clearing' else stands_in_2(d) end;
  if place = 'spent' and d.payment_id is distinct from attempt.payment_id and not is_paid_by_match_1(d, attempt.payment_id) then return false; end if;
  if place in ('suspense', 'customer_credit') and (d.payment_id is distinct from attempt.payment_id or place = 'suspense') then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', d.amount_cents, p_now);
    update deposits set allocated_at = null where id = d.id;
    perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'It came by a prompt.', p_now);
  end if;
  if d.payment_id is distinct from attempt.payment_id then
    perform unpay_2(d, p_now);
  end if;
  update deposits set attempt_id = attempt.id, payment_id = attempt.payment_id, standing = null, tied_by = p_tied_by, held_until = null,
    allocation_due_at = case when allocated_at is null then p_now end
  where id = d.id;
  perform prove_money_2(d.id, p_now);
  return true;
end $$;
--> statement-breakpoint
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
--> statement-breakpoint
create function settle_stk_4(
  p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text,
  p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz,
  out "paymentId" uuid, out "depositId" uuid, out verdict text, out duplicate boolean
) language plpgsql as $$
declare
  attempt attempts;
  payment payments;
  named text; -- the receipt that this success has, proved (callback) or not
  of_group boolean := false; -- whether it takes the lock of its amount: it may tie receipts and prompts to each other
begin
  select * into attempt from attempts where id = p_attempt;
  named := coalesce(p_receipt, attempt.told_receipt);
  -- money cannot have moved before it was asked for; a stamp that says so is no value date
  p_moved_at := case when p_moved_at >= attempt.created_at - interval '10 minutes' then least(p_moved_at, p_now) end;
  if p_says = 'paid' then
    of_group := p_source = 'query' or attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id is distinct from p_attempt);
    if of_group then perform lock_group_1(attempt.amount_cents); end if;
    perform lock_receipt_1(named);
  end if;
  perform from payments where id in (attempt.payment_id, (select d.payment_id from deposits d where d.receipt = named and p_says = 'paid')) order by id for update;
  select * into payment from payments where id = attempt.payment_id;
  select * into attempt from attempts where id = p_attempt for update;
  if p_says = 'paid' and (coalesce(p_receipt, attempt.told_receipt) is distinct from named
    or not of_group and (attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id is distinct from p_attempt))) then
    -- another source was faster, and what it said asks for other locks: they are taken in one order, so all of it is done again
    raise exception 'Another source has settled this prompt meanwhile.' using errcode = 'serialization_failure';
  end if;
  "paymentId" := payment.id;
  verdict := case when attempt.id is null then 'no_attempt'
    else judge_stk_2(attempt, p_source, p_says, p_final, p_amount, p_phone_hash, p_phone_tail, p_checkout_hash, p_receipt, p_now) end;
  if verdict = 'pays' and attempt.state = 'paid' and (p_receipt is null or attempt.receipt = p_receipt) then verdict := 'known'; end if;
  if verdict = 'pays' and attempt.state = 'paid' then verdict := 'names'; end if; -- nothing new but its receipt
  duplicate := not keep_evidence_1(p_attempt, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'names') then
    "depositId" := take_success_3(attempt, payment, named, p_receipt is not null, p_shortcode, p_moved_at, p_now);
    update attempts set state = 'paid', live = false, receipt = coalesce(receipt, p_receipt), result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unread_payer' then
    -- the prompt is asked about now; the receipt waits for that
    update attempts set told_receipt = p_receipt, query_due_at = case when state = 'paid' then query_due_at else p_now end where id = attempt.id;
    if attempt.state = 'paid' then perform take_success_3(attempt, payment, p_receipt, false, p_shortcode, p_moved_at, p_now); end if;

  elsif verdict = 'fails' then
    update attempts set state = 'failed', live = false, result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    update payments p set state = 'failed', failure_code = p_result_code
    where p.id = payment.id and p.latest_attempt_id = attempt.id and p.state in ('pending', 'unknown', 'failed', 'expired');
    if found and payment.state <> 'failed' then perform record_1('payment_failed', payment.id, payment.state, 'failed', p_now); end if;
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unclear' then
    -- ask Safaricom now
    update attempts set query_due_at = p_now
    where id = attempt.id and p_source = 'callback' and state in ('requested', 'pending', 'unknown', 'expired');

  elsif verdict = 'known' then
    -- its first answer was perhaps lost before the money was allocated
    "depositId" := (select d.id from deposits d where d.attempt_id = p_attempt and d.allocation_due_at is not null and d.held_until is null);

  elsif not duplicate then
    -- a quarantine: what was read before, word for word, asks nobody again
    perform open_task_1('evidence_' || verdict, p_attempt::text, p_now);
    if p_receipt is not null then
      perform promise_1('ask-receipt:' || p_attempt || ':' || p_receipt, jsonb_build_object('kind', 'ask_receipt', 'receipt', p_receipt, 'attemptId', p_attempt), p_now);
    end if;
  end if;
  if verdict in ('pays', 'names', 'unread_payer') then perform recall_reversed_2(named, p_now); end if;
end $$;
--> statement-breakpoint
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
--> statement-breakpoint
create function settle_status_result_4(
  p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_status text, p_receipt text, p_amount bigint,
  p_debit_party text, p_credit_party text, p_reason_type text, p_finalised_at timestamptz, p_shortcode text, p_prompts boolean, p_payer_name text, p_payer_phone text,
  p_payer_hash text, p_payer_tail text, p_now timestamptz, out verdict text, out "askedBy" text, out doubt text, out "depositId" uuid, out "withdrawalId" uuid
) language plpgsql as $$
declare
  answer record;
begin
  select * into answer from settle_status_result_1(p_inquiry, p_body_hash, p_body, p_says, p_result_code, p_conversation, p_status, p_receipt, p_amount, p_debit_party,
    p_credit_party, p_reason_type, p_finalised_at, p_now);
  verdict := answer.verdict; "askedBy" := answer."askedBy";
  "withdrawalId" := case when verdict in ('answers', 'known') then (select w.id from inquiries i join withdrawals w on w.id::text = i.originator_conversation_id where i.id = p_inquiry) end;
  if verdict not in ('answers', 'known') or p_says <> 'completed' or p_shortcode is null or p_receipt is null or p_amount is null then return; end if;
  if "askedBy" like 'attempt:%' then
    select d."depositId", d.verdict into "depositId", doubt
    from settle_doubt_4(split_part("askedBy", ':', 2)::uuid, p_receipt, p_amount, p_shortcode, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_finalised_at, p_now) d;
  elsif "askedBy" = 'notice' then -- ASKED_FOR_NOTICE (ask-receipt.ts)
    select d."depositId", d.verdict into "depositId", doubt
    from settle_receipt_2('status', p_receipt, p_amount, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode, p_prompts,
      array_remove(array[p_finalised_at], null), true, p_now) d;
  end if;
end $$;
--> statement-breakpoint
create function waits_in_place_1(payout payouts) returns boolean language plpgsql stable as $$
begin
  if payout.subject_id is not null then
    return exists (select from payouts o where o.state = 'requested' and o.id <> payout.id and (o.subject_id = payout.subject_id or o.payment_id = payout.payment_id));
  end if;
  return exists (select from payouts o where o.phone_hash = payout.phone_hash and o.subject_id is null and o.id <> payout.id
    and (o.state = 'requested' or o.amount_cents = payout.amount_cents and o.requested_at > payout.requested_at and o.state not in ('declined', 'rejected')));
end $$;
--> statement-breakpoint
create function settle_withdrawal_4(
  p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text,
  p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, out verdict text
) language plpgsql as $$
declare
  payout payouts;
  withdrawal withdrawals;
  told deposits;
  reversed deposits;
  payee_agrees boolean;
begin
  -- a prompt's success that has it by a guess looks for another name
  perform lock_group_1(d.amount_cents) from deposits d where d.receipt = p_receipt and d.attempt_id is not null;
  perform lock_receipt_1(p_receipt);
  -- nobody proves, moves or locks meanwhile what is reversed
  perform lock_receipt_1(coalesce(o.receipt, d.receipt)) from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
  where w.id = p_withdrawal;
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject_id end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = coalesce(payout.receipt, reversed.receipt) else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  if verdict in ('pays', 'late') and p_result_code = 'R000001' and not coalesce(withdrawal.asked_again, false) then
    -- this request reversed nothing: somebody else had, and nobody has said how much
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'already_reversed' else 'known' end;
  elsif verdict = 'rejects' and withdrawal.state = 'unknown' and withdrawal.result_code = 'R000001' then
    verdict := 'known'; -- true, and what was reversed before still is: a statement shows it (end_already_reversed_2)
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' and is_shown_reversed_1(reversed, p_receipt) then
    -- a signed statement has shown it, by whichever receipt, and it is booked as somebody's: the whole leaves once
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'rejects' else 'known' end;
    p_result_code := 'R000001';
  end if;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- a notice may have reported this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        perform unname_deposit_1(told.id);
        perform name_again_2(told.id, p_now);
      else
        perform merge_deposit_2(told.id, null, p_now);
      end if;
      perform open_task_1('evidence_own_payout', p_receipt, p_now);
    end if;
    update withdrawals set state = 'paid', receipt = coalesce(receipt, p_receipt), result_code = p_result_code, settled_at = p_now, moved_at = moved_within_1(p_moved_at, payout.decided_at, p_now),
      query_due_at = null, conversation_id = coalesce(conversation_id, p_conversation)
    where id = withdrawal.id;
    perform book_1(case verdict when 'pays' then 'payout_paid' else 'payout_late' end, withdrawal.id, 1,
      case verdict when 'pays' then 'payout_reserve' else payout.source_account end, own_account_1('paybill_float', coalesce(reversed.shortcode, p_shortcode)), withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_amount_differs', 'payout_receipt_used', 'payout_other_conversation', 'payout_unresolved', 'payout_already_reversed'],
      withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    perform reject_withdrawal_2(withdrawal, payout, p_result_code, 'It was rejected.', p_now);
  elsif verdict = 'known' then
    update withdrawals set receipt = p_receipt where id = withdrawal.id and receipt is null and p_says = 'paid' and p_receipt is not null and not p_two_receipts;
    update withdrawals set moved_at = moved_within_1(p_moved_at, payout.decided_at, settled_at) where id = withdrawal.id and moved_at is null and p_says = 'paid';
  elsif verdict = 'already_reversed' then
    update withdrawals set state = 'unknown', result_code = p_result_code, query_due_at = null where id = withdrawal.id and state in ('dispatched', 'unknown');
  elsif verdict in ('unclear', 'two_receipts', 'other_conversation') then
    -- its status is asked soon; an answer to that question has its own ladder
    update withdrawals set state = 'unknown', query_due_at = case when p_source = 'transaction-status' then query_due_at else least(query_due_at, p_now + interval '1 minute') end
    where id = withdrawal.id and state in ('dispatched', 'unknown');
  end if;
  if verdict = 'late' and waits_in_place_1(payout) then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'late', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
  if verdict in ('pays', 'late', 'known') and payout.kind = 'reversal' then
    perform link_own_reversal_1(p_receipt, coalesce(payout.receipt, reversed.receipt), verdict <> 'known', p_now);
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- its receipt may have got another place meanwhile
    if payout.source_account = 'refunds' then
      perform settle_moved_reversal_2(reversed.id, p.counted_deposit_id, payout.amount_cents, payout.source_account, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
    else
      perform settle_moved_reversal_2(reversed.id, null, payout.amount_cents, payout.source_account, p_now);
    end if;
  end if;
end $$;
