-- What a source's words mean for an attempt. Reads only; the caller holds the locks. `unread_payer`: a success whose payer cannot be read: its receipt is kept, and
-- proves nothing. `doubted`: a query says "paid" of a prompt whose success was not believed. Whatever is not pays, known, fails, unclear or unread_payer is quarantined.
create function judge_stk_1(
  attempt attempts, p_source text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_receipt text, p_now timestamptz
) returns text language plpgsql stable as $$
begin
  if p_says = 'unclear' then return 'unclear'; end if;

  -- is it about this prompt?
  if attempt.checkout_hash <> p_checkout_hash then return 'other_checkout'; end if;
  if attempt.checkout_hash is null and exists (select from attempts a where a.checkout_hash = p_checkout_hash) then return 'other_checkout'; end if;

  if p_says = 'failed' then
    if attempt.state = 'paid' then return case p_source when 'query' then 'unclear' else 'contradicts' end; end if;
    if attempt.state = 'failed' then return 'known'; end if;
    -- a query that says so while the PIN can still be entered has been wrong (1037 at 20 s, paid at 30 s)
    if p_source = 'query' and not p_final and p_now < echo_until_1(attempt) - interval '60 seconds' then return 'unclear'; end if;
    return 'fails';
  end if;

  -- does it say what we asked?
  if attempt.amount_cents <> p_amount then return 'amount_differs'; end if;
  if attempt.phone_hash <> p_phone_hash or attempt.phone_tail <> p_phone_tail then return 'phone_differs'; end if;
  if attempt.receipt <> p_receipt then return 'second_receipt'; end if;
  if p_source = 'query' then
    if attempt.state <> 'paid' and exists (select from evidence e where e.subject_id = attempt.id and e.source = 'callback'
      and e.verdict in ('amount_differs', 'phone_differs', 'second_receipt', 'receipt_used')) then return 'doubted'; end if;
    return 'pays';
  end if;

  -- whose is the receipt? What is proved for something else stays there; a lie gives way
  if exists (select from deposits d where d.receipt = p_receipt and d.attempt_id is distinct from attempt.id
    and (d.tied_by = 'callback' and d.receipt_proved_at is not null or d.receipt_proved_at is not null and d.amount_cents <> attempt.amount_cents)) then return 'receipt_used'; end if;
  if exists (select from withdrawals w where w.receipt = p_receipt) then return 'receipt_used'; end if;
  if p_phone_hash is null and p_phone_tail is null then return 'unread_payer'; end if;
  return 'pays';
end $$;
--> statement-breakpoint

-- Settles what a callback or a query says about an attempt: evidence, states, the movement and its booking, task and audit. Safe to repeat, in any order, from any
-- source: states only move up, a movement is booked once, and what disagrees with what was asked is quarantined.
create function settle_stk_1(
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
    -- another source was faster, and what it said asks for other locks: they are taken in one order, so all of it is done anew
    raise exception 'Another source has settled this prompt meanwhile.' using errcode = 'serialization_failure';
  end if;
  "paymentId" := payment.id;
  verdict := case when attempt.id is null then 'no_attempt'
    else judge_stk_1(attempt, p_source, p_says, p_final, p_amount, p_phone_hash, p_phone_tail, p_checkout_hash, p_receipt, p_now) end;
  if verdict = 'pays' and attempt.state = 'paid' and (p_receipt is null or attempt.receipt = p_receipt) then verdict := 'known'; end if;
  if verdict = 'pays' and attempt.state = 'paid' then verdict := 'names'; end if; -- nothing new but its receipt
  duplicate := not keep_evidence_1(p_attempt, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'names') then
    "depositId" := take_success_1(attempt, payment, named, p_receipt is not null, p_shortcode, p_moved_at, p_now);
    update attempts set state = 'paid', live = false, receipt = coalesce(receipt, p_receipt), result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unread_payer' then
    -- the prompt is asked about now; the receipt waits for that
    update attempts set told_receipt = p_receipt, query_due_at = case when state = 'paid' then query_due_at else p_now end where id = attempt.id;
    if attempt.state = 'paid' then perform take_success_1(attempt, payment, p_receipt, false, p_shortcode, p_moved_at, p_now); end if;

  elsif verdict = 'fails' then
    update attempts set state = 'failed', live = false, result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    update payments set status = 'failed', failure_code = p_result_code
    where id = payment.id and latest_attempt_id = attempt.id and status in ('pending', 'unknown', 'failed', 'expired');
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
  if verdict in ('pays', 'names', 'unread_payer') then perform recall_reversed_1(named, p_now); end if;
end $$;
--> statement-breakpoint

-- Notices that waited because they might be this prompt's echo are allocated as what they say.
create function release_echoes_1(p_attempt uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set held_until = p_now, allocation_due_at = p_now
  where echo_of = p_attempt and attempt_id is null and allocated_at is null and held_until > p_now and held_until < 'infinity';
end $$;
--> statement-breakpoint

-- Books the success of an attempt once. The receipt that a callback names wins: it claims the row that bears it, wherever that stands, and what the success had by a
-- guess becomes a movement of its own again. Returns the deposit that now waits to be allocated, if any.
create function take_success_1(
  attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  own deposits;    -- what this attempt's success is booked as
  holder deposits; -- what bears the receipt now
  receipt deposits;
  given deposits;  -- what signed statements show as given back of that receipt
begin
  select * into own from deposits where attempt_id = attempt.id;
  select * into holder from deposits where deposits.receipt = p_receipt and id is distinct from own.id;
  given := holder;
  if holder.attempt_id is not null and holder.taken_back_at is not null then -- that prompt's own money was not given back
    perform free_receipt_1(holder.id, p_now);
    select * into holder from deposits where id = holder.id;
  end if;

  if holder.taken_back_at is not null then -- it was taken back, and came after all: a movement of its own
    perform merge_deposit_1(holder.id, own.id, p_now);
    holder := null;
  end if;

  if own.id is not null then
    if p_receipt is null or own.receipt = p_receipt and (own.tied_by = 'callback' or not p_proves_receipt) and (own.receipt_proved_at is not null or not p_proves_receipt) then return null; end if;
    if own.tied_by = 'callback' and own.receipt is not null and not p_proves_receipt then return null; end if;
    if own.receipt is distinct from p_receipt then
      if own.receipt is not null and holder.attempt_id is null and holder.id = payment.counted_deposit_id and holder.amount_cents = attempt.amount_cents
        and stands_in_1(holder) = 'spent' then
        perform gather_1(holder.id, p_shortcode, p_now);
        perform swap_names_1(own, holder, attempt, p_proves_receipt, p_moved_at, p_now);
        return (select id from deposits where id = own.id and allocated_at is null and merged_into is null);
      end if;
      -- the prompt that had it by a guess is nameless again, before what this one had by a guess may move there
      if holder.attempt_id is not null then perform unname_deposit_1(holder.id); end if;
      if own.receipt is not null then
        perform free_receipt_1(own.id, p_now);
        select * into own from deposits where attempt_id = attempt.id; -- it may have been taken back
      end if;
      if holder.attempt_id is null and holder.id is not null then
        if holder.receipt_proved_at is not null then p_proves_receipt := true; end if;
        perform merge_deposit_1(holder.id, own.id, p_now);
      end if;
    end if;
    update deposits set receipt = p_receipt, tied_by = 'callback',
      receipt_proved_at = coalesce(case when own.receipt = p_receipt then receipt_proved_at end, case when p_proves_receipt then p_now end),
      moved_at = coalesce(p_moved_at, moved_at), confirmation_due_at = case when not p_proves_receipt then p_now + interval '2 minutes' end
    where id = own.id;
    perform tell_moved_1(own.id, p_now);
    if given.reversed_elsewhere_at is not null then perform given_back_by_1(own.id, given, p_now); end if;
    if given.attempt_id is not null then perform take_reversal_along_1(given.id, own.id, p_now); end if;
    perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
    if p_proves_receipt then perform clear_doubt_1(attempt.id, p_now); end if;
    if holder.attempt_id is not null then perform name_again_1(holder.id, p_now); end if;
    return null;
  end if;

  if holder.attempt_id is not null then
    perform unname_deposit_1(holder.id);
  elsif holder.id is not null and holder.amount_cents = attempt.amount_cents then
    perform gather_1(holder.id, p_shortcode, p_now); -- a notice may have lied about where it came
    if claim_deposit_1(holder, attempt, 'callback', p_now) then
      update deposits set receipt_proved_at = case when p_proves_receipt then coalesce(receipt_proved_at, p_now) else receipt_proved_at end,
        confirmation_due_at = case when p_proves_receipt or receipt_proved_at is not null then null else confirmation_due_at end where id = holder.id;
      perform count_deposit_1(holder.id, p_now);
      return (select id from deposits where id = holder.id and allocated_at is null);
    end if;
  end if;
  if p_receipt is null then
    -- a success without a name: it may have been told of by a notice
    for receipt in select * from find_receipts_1(attempt, p_shortcode) loop
      if claim_deposit_1(receipt, attempt, tie_of_1(receipt, attempt), p_now) then
        if receipt.receipt_proved_at is null or tie_of_1(receipt, attempt) = 'time' then perform doubt_receipt_1(attempt, receipt.id, p_shortcode, p_now); end if;
        perform count_deposit_1(receipt.id, p_now);
        return (select id from deposits where id = receipt.id and allocated_at is null);
      end if;
    end loop;
  end if;

  own.id := new_id_1(); own.source := 'stk'; own.attempt_id := attempt.id; own.payment_id := payment.id; own.amount_cents := attempt.amount_cents;
  own.shortcode := p_shortcode; own.moved_at := coalesce(p_moved_at, p_now); own.settled_at := p_now; own.confirmed_at := p_now; own.allocation_due_at := p_now;
  if holder.id is not null and holder.attempt_id is null then perform merge_deposit_1(holder.id, own.id, p_now); end if;
  if holder.amount_cents <> attempt.amount_cents then perform open_task_1('evidence_amount_differs', p_receipt, p_now); end if;
  if p_receipt is not null then
    own.receipt := p_receipt; own.tied_by := 'callback'; own.receipt_proved_at := case when p_proves_receipt then p_now end;
    own.confirmation_due_at := case when not p_proves_receipt then p_now + interval '2 minutes' end;
  end if;
  perform open_deposit_1(own, p_now);
  if p_receipt is null then
    perform match_left_over_1(attempt, p_shortcode, p_now);
    if exists (select from deposits d where d.id = own.id and d.receipt is null) then perform doubt_receipt_1(attempt, own.id, p_shortcode, p_now); end if;
  end if;
  perform count_deposit_1(own.id, p_now);
  if given.reversed_elsewhere_at is not null then perform given_back_by_1(own.id, given, p_now); end if;
  if given.attempt_id is not null then perform take_reversal_along_1(given.id, own.id, p_now); end if;
  if holder.attempt_id is not null then perform name_again_1(holder.id, p_now); end if;
  return (select id from deposits where id = own.id and allocated_at is null);
end $$;
--> statement-breakpoint

-- A success has another receipt by a guess, and the money whose receipt its callback names has paid for the same thing already: the two change names. What was bought stays
-- bought with the money that came, and what the guess was about is a movement of its own.
create function swap_names_1(
  own deposits, holder deposits, attempt attempts, p_proves_receipt boolean, p_moved_at timestamptz, p_now timestamptz
) returns void language plpgsql as $$
declare
  place text := stands_in_1(own);
  guessed text := own.tied_by;
  nameless uuid;
begin
  update deposits set source = 'c2b', attempt_id = null, tied_by = null, echo_of = null, confirmation_due_at = case when receipt_proved_at is null then p_now end
  where id = own.id returning * into own;
  update deposits set attempt_id = attempt.id, tied_by = 'callback', held_until = null, moved_at = coalesce(p_moved_at, moved_at),
    receipt_proved_at = coalesce(receipt_proved_at, case when p_proves_receipt then p_now end),
    confirmation_due_at = case when receipt_proved_at is null and not p_proves_receipt then p_now + interval '2 minutes' end
  where id = holder.id;
  perform tell_moved_1(holder.id, p_now);
  perform prove_money_1(holder.id, p_now);
  perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
  if own.receipt_proved_at is null and own.confirmed_at is not null then perform disprove_money_1(own, p_now); end if;
  if guessed <> 'reference' and place not in ('spent', 'gone') then -- only that guess said for what it was
    if place <> 'clearing' then
      perform book_1('claimed', own.id, next_leg_1('claimed', own.id), place, 'clearing', own.amount_cents, p_now);
      perform close_tasks_1(array['unidentified_deposit', 'surplus_payment'], own.id::text, 'It is another movement than was thought.', p_now);
    end if;
    update deposits set payment_id = null, allocated_at = null, allocation_due_at = p_now, held_until = null where id = own.id;
  end if;
  select * into own from deposits where id = own.id;
  nameless := find_place_1(own, array[own.moved_at], false, array[holder.id], p_now);
  if nameless is not null and merge_deposit_1(own.id, nameless, p_now) then perform name_deposit_1(nameless, own, null, p_now); end if;
  if p_proves_receipt then perform clear_doubt_1(attempt.id, p_now); end if;
end $$;
--> statement-breakpoint

-- A success that lost a receipt it had by a guess may have another one.
create function name_again_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  own deposits;
  attempt attempts;
  receipt deposits;
begin
  perform book_reversed_1(p_deposit, p_now); -- the receipt that it lost may have been given back
  select * into own from deposits where id = p_deposit;
  if own.receipt is not null then return; end if; -- what its receipt's own prompt had by a guess has moved here
  select * into attempt from attempts where id = own.attempt_id;
  for receipt in select * from find_receipts_1(attempt, own.shortcode) loop
    if stands_in_1(receipt) <> 'spent' and merge_deposit_1(receipt.id, own.id, p_now) then
      perform name_deposit_1(own.id, receipt, null, p_now);
      return;
    end if;
  end loop;
  perform match_left_over_1(attempt, own.shortcode, p_now);
end $$;
