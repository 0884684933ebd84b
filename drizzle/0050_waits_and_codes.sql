-- Until when a changed e-mail takes no sign-in code; the M-PESA code that evidence names, so that a task about it knows whether the code is in the books.
ALTER TABLE "evidence" ADD COLUMN "receipt" text;--> statement-breakpoint
ALTER TABLE "people" ADD COLUMN "email_waits_until" timestamp with time zone;
--> statement-breakpoint
create function keep_evidence_2(
  p_id uuid, p_subject uuid, p_source text, p_body_hash text, p_body text, p_verdict text, p_receipt text, p_now timestamptz
) returns boolean language plpgsql as $$
begin
  insert into evidence (id, subject_id, source, body_hash, body, verdict, receipt, received_at)
  values (coalesce(p_id, new_id_1()), p_subject, p_source, p_body_hash, p_body, p_verdict, p_receipt, p_now)
  on conflict (subject_id, source, body_hash) do nothing;
  return found;
end $$;
--> statement-breakpoint
create function judge_kept_2(p_source text, p_body_hash text, p_kept text[], p_verdict text, p_receipt text) returns boolean language plpgsql as $$
begin
  update evidence set verdict = p_verdict, receipt = p_receipt where subject_id is null and source = p_source and body_hash = p_body_hash and verdict = any(p_kept);
  return found;
end $$;
--> statement-breakpoint
create function refuse_evidence_change_2() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (new.id, new.source, new.body_hash, new.received_at) = (old.id, old.source, old.body_hash, old.received_at)
    and new.subject_id is not distinct from old.subject_id and (old.receipt is null or new.receipt is not distinct from old.receipt) then return new; end if;
  raise exception 'Evidence is kept as it came: % is refused', tg_op using errcode = 'MP002';
end $$;
--> statement-breakpoint
drop trigger evidence_is_kept on evidence;
--> statement-breakpoint
create trigger evidence_is_kept before update or delete on evidence for each row execute function refuse_evidence_change_2();
--> statement-breakpoint
drop trigger evidence_is_not_emptied on evidence;
--> statement-breakpoint
create trigger evidence_is_not_emptied before truncate on evidence for each statement execute function refuse_evidence_change_2();
--> statement-breakpoint
create function settle_stk_5(
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
  duplicate := not keep_evidence_2(null, p_attempt, p_source, p_body_hash, p_body, verdict, p_receipt, p_now);

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
create function settle_c2b_3(
  p_body_hash text, p_body text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text,
  p_payer_hash text, p_payer_tail text, p_shortcode text, p_prompts boolean, p_moved_at timestamptz, p_day_differs boolean, p_wait_for_proof text[], p_now timestamptz,
  out "depositId" uuid, out verdict text, out duplicate boolean
) language plpgsql as $$
declare
  payment payments;
  known deposits;
  d deposits;
  nameless uuid;
begin
  select * into payment from payments where reference = p_reference;
  d.standing := case when payment.id is null then (select s.typed from standing_references s where s.typed = p_standing) end;
  d.may_echo := p_prompts and payment.id is null and p_typed is null;
  if d.may_echo or payment.id is not null then perform lock_group_1(p_amount); end if; -- one that bears a reference may name a success too
  perform lock_receipt_1(p_receipt);
  if payment.id is not null then select * into payment from payments where id = payment.id for update; end if;

  d.id := new_id_1(); d.source := 'c2b'; d.payment_id := payment.id; d.amount_cents := p_amount; d.receipt := p_receipt; d.shortcode := p_shortcode;
  d.typed_reference := p_typed; d.payer_name := p_payer_name; d.payer_phone := p_payer_phone; d.payer_hash := p_payer_hash; d.payer_tail := p_payer_tail;
  d.moved_at := p_moved_at; d.settled_at := p_now; d.confirmation_due_at := p_now + interval '2 minutes'; -- a callback of the same money comes by then, and proves it

  select * into known from deposits where receipt = p_receipt;
  if known.id is not null then
    verdict := case when known.amount_cents = p_amount then 'known' else 'amount_differs' end;
  elsif is_paid_out_1(p_receipt) or is_own_money_1(p_receipt) then
    verdict := 'own_payout'; -- money that we sent or moved ourselves, reported as if a customer had paid
  else
    nameless := case when d.may_echo then find_place_2(d, array[p_moved_at], false, '{}', p_now) else find_nameless_1(d, array[p_moved_at]) end;
    if nameless is null then
      nameless := (select n.id from deposits n where n.id = find_weaker_tie_1(d) and n.receipt_proved_at is null);
      if nameless is not null then nameless := free_receipt_2(nameless, p_now); end if;
    end if;
    verdict := case when nameless is null then 'arrives' else 'ties' end;
  end if;
  -- what tells of money first is found by the id of that money
  duplicate := not keep_evidence_2(case when verdict = 'arrives' then d.id end, null, 'c2b', p_body_hash, p_body, verdict, p_receipt, p_now);
  if duplicate then -- what was only kept until now is read for the first time
    duplicate := not judge_kept_2('c2b', p_body_hash, array['unreadable', 'other_shortcode'], verdict, p_receipt);
  end if;
  if verdict in ('known', 'ties') and not duplicate then -- the report of evidence asks whether a notice reported it too
    perform keep_evidence_2(null, coalesce(known.id, nameless), 'c2b', p_body_hash, p_body, verdict, p_receipt, p_now);
  end if;

  if verdict = 'arrives' then
    -- what a signed statement shows as reversed waits for proof
    select "echoOf", "heldUntil" into d.echo_of, d.held_until from find_prompts_1(d, p_now);
    if p_day_differs or payment.purpose = any(p_wait_for_proof) or (shown_reversed_1(p_receipt, null)).cents is not null then d.held_until := 'infinity'; end if;
    d.allocation_due_at := case when d.held_until = 'infinity' then null else coalesce(d.held_until, p_now) end;
    perform open_deposit_1(d, p_now);
    if p_day_differs then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
    if d.held_until is null then
      perform count_deposit_2(d.id, p_now);
      "depositId" := d.id;
    end if;
  elsif verdict = 'ties' then
    perform name_deposit_2(nameless, d, null, p_now);
  elsif verdict = 'known' then
    if known.allocation_due_at is not null and known.held_until is null then "depositId" := known.id; end if; -- its first answer was perhaps lost before it was allocated
    -- one of the two is a lie. What a list has said stands above both
    if not duplicate and known.source = 'c2b' and known.attempt_id is null and known.merged_into is null and known.taken_back_at is null
      and (known.payment_id is distinct from payment.id or known.standing is distinct from d.standing or known.may_echo <> d.may_echo
        or payer_contradicts_1(known, p_payer_hash, p_payer_tail) or known.payer_hash is not null and p_payer_hash is null) then
      perform open_task_1('receipt_told_twice', known.id::text, p_now);
    end if;
  elsif not duplicate then
    perform open_task_1('evidence_' || verdict, p_receipt, p_now);
  end if;
  if verdict in ('arrives', 'ties') then perform recall_reversed_2(p_receipt, p_now); end if;
end $$;
--> statement-breakpoint
create function tell_overpaid_debt_1() returns trigger language plpgsql as $$
declare
  debt text := coalesce((select o.subject_id::text from withdrawals w join payouts o on o.id = w.payout_id
    where w.id = case when new.source_id ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then new.source_id::uuid end), new.source_id);
  asking text[] := array['refund_exceeds_payment', 'taken_back_short', 'loan_paid_twice'];
  cents bigint;
begin
  if not exists (select from transfers t where t.kind = 'match' and t.source_id = debt and t.credit_account = 'receivables')
    and not exists (select from reviews r where r.kind = any(asking) and r.subject = debt and r.closed_at is null) then return null; end if;
  select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) into cents from transfers t
  where 'receivables' in (t.debit_account, t.credit_account) and t.source_id = any(array(select debt
    union all select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.subject_id = case when debt ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then debt::uuid end));
  if cents <= 0 then perform close_tasks_1(asking, debt, 'Nothing of it is owed any more.', new.booked_at); end if;
  if cents < 0 then perform open_task_1('debt_overpaid', debt, new.booked_at);
  else perform close_tasks_1(array['debt_overpaid'], debt, 'Nothing is owed to them any more.', new.booked_at);
  end if;
  return null;
end $$;
--> statement-breakpoint
create constraint trigger transfers_overpay_debt after insert on transfers deferrable initially deferred for each row
  when ('receivables' in (new.debit_account, new.credit_account) and new.kind <> 'match') execute function tell_overpaid_debt_1();
