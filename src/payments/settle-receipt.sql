-- A line of a pull or a statement says what was truly typed, and a notice may have lied about it: it is corrected as long as nothing was bought with it.
create function correct_words_1(
  d deposits, payment payments, p_standing text, p_typed text, p_prompts boolean, p_source text, p_now timestamptz
) returns deposits language plpgsql as $$
declare
  place text := stands_in_1(d);
  own_standing text := case when payment.id is null then (select s.typed from standing_references s where s.typed = p_standing) end;
  echoes boolean := p_prompts and payment.id is null and p_typed is null;
begin
  if d.source <> 'c2b' or d.attempt_id is not null or d.taken_back_at is not null then return d; end if;
  if payment.id is not distinct from d.payment_id and own_standing is not distinct from d.standing and echoes = d.may_echo then
    update deposits set source = p_source where id = d.id returning * into d;
    return d;
  end if;
  if place not in ('clearing', 'suspense') then return d; end if;
  if place = 'suspense' then
    perform book_1('claimed', d.id, 1, 'suspense', 'clearing', d.amount_cents, p_now);
    perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit'], d.id::text, 'What was typed is known.', p_now);
  end if;
  update payments set status = 'expired', counted_deposit_id = null, settled_at = null where counted_deposit_id = d.id and status = 'paid';
  update deposits set source = p_source, payment_id = payment.id, may_echo = echoes, standing = own_standing, typed_reference = p_typed,
    held_until = p_now, allocated_at = null, allocation_due_at = p_now
  where id = d.id returning * into d;
  return d;
end $$;
--> statement-breakpoint

-- Settles the proof of a receipt: that this much came to us under it. Who proves is a status answer that we asked for (of a receipt that we know), a line of a pull, or a
-- line of a statement that a person has signed off. The money is proved where it stands; a proved receipt fills a nameless success first, and takes the place of a
-- receipt that only tells. `p_times` holds the readings of a time whose clock is not certain.
-- proves: it was told before. fills: the name of a success that had none. displaces: a success had another receipt by a guess. arrives: nobody had told us. doubted: it
-- may be the receipt of a prompt's success that has none, and was spent for something else or told with other words: it stays told until that success has a receipt.
create function settle_receipt_1(
  p_source text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text,
  p_shortcode text, p_prompts boolean, p_times timestamptz[], p_opens boolean, p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  payment payments;
  known deposits;
  d deposits;
  success uuid;
  doubt uuid;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  select * into payment from payments where reference = p_reference;
  select * into known from deposits where receipt = p_receipt;
  perform from payments where id in (payment.id, known.payment_id) order by id for update;
  select * into known from deposits where receipt = p_receipt for update;

  if exists (select from withdrawals w where w.receipt = p_receipt) then verdict := 'own_payout'; return; end if;
  if known.id is not null and known.amount_cents <> p_amount then
    if known.receipt_proved_at is not null or known.attempt_id is not null then verdict := 'amount_differs'; perform open_task_1('evidence_amount_differs', p_receipt, p_now); return; end if;
    if not p_opens then verdict := 'amount_differs'; return; end if;
    -- told with another amount than came: that one was a lie
    d := known; d.id := new_id_1();
    perform merge_deposit_1(known.id, d.id, p_now);
    perform open_task_1('evidence_amount_differs', p_receipt, p_now);
    known := null;
  end if;
  if known.id is not null and p_source in ('pull', 'statement') then known := correct_words_1(known, payment, p_standing, p_typed, p_prompts, p_source, p_now); end if;
  if known.receipt_proved_at is not null and known.confirmed_at is not null and (known.attempt_id is not null or known.allocated_at is not null) then
    verdict := 'known';
    return;
  end if;

  if known.id is not null and known.confirmed_at is null and known.taken_back_at is null and known.shortcode is distinct from p_shortcode and known.shortcode is not null then
    -- the notice named another one of our short codes than was paid
    perform book_1('gathered', known.id, next_leg_1('gathered', known.id), own_account_1('paybill_told', p_shortcode), own_account_1('paybill_told', known.shortcode), known.amount_cents, p_now);
    update deposits set shortcode = p_shortcode where id = known.id;
    known.shortcode := p_shortcode;
  end if;
  if known.id is not null then
    update deposits set receipt_proved_at = p_now, confirmation_due_at = null where id = known.id;
    known.receipt_proved_at := p_now;
    verdict := 'proves';
    if known.attempt_id is null and known.taken_back_at is null and stands_in_1(known) not in ('spent', 'gone') then
      success := coalesce(find_nameless_1(known, p_times), find_guess_1(known, p_times), find_weaker_tie_1(known));
      if success is not null then
        verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
        if verdict = 'displaces' then perform free_receipt_1(success, p_now); end if;
        perform merge_deposit_1(known.id, success, p_now);
        perform name_deposit_1(success, known, null, p_now);
        perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
        return;
      end if;
    end if;
    -- what a list says was typed makes it another movement than a prompt's; what a notice alone has said does not
    if known.attempt_id is null and known.taken_back_at is null and (p_source = 'status' or known.may_echo) then
      doubt := find_doubt_1(known, p_times);
      if doubt is not null then
        update deposits set echo_of = doubt where id = known.id;
        perform open_task_1('receipt_doubted', known.id::text, p_now);
        verdict := 'doubted';
        return;
      end if;
    end if;
    perform prove_money_1(known.id, p_now);
    if known.attempt_id is not null then perform clear_doubt_1(known.attempt_id, p_now); end if;
    if known.held_until is null then perform count_deposit_1(known.id, p_now); end if;
    "depositId" := (select id from deposits where receipt = p_receipt and allocated_at is null and (held_until is null or held_until <= p_now));
    return;
  end if;

  if not p_opens then verdict := 'unknown'; return; end if;
  d.id := coalesce(d.id, new_id_1()); d.source := p_source; d.attempt_id := null; d.payment_id := payment.id; d.amount_cents := p_amount; d.receipt := p_receipt;
  d.shortcode := p_shortcode; d.standing := case when payment.id is null then (select s.typed from standing_references s where s.typed = p_standing) end;
  d.may_echo := p_prompts and payment.id is null and p_typed is null;
  d.typed_reference := coalesce(p_typed, d.typed_reference); d.payer_name := coalesce(p_payer_name, d.payer_name); d.payer_phone := coalesce(p_payer_phone, d.payer_phone);
  d.payer_hash := coalesce(p_payer_hash, d.payer_hash); d.payer_tail := coalesce(p_payer_tail, d.payer_tail);
  d.moved_at := coalesce(p_times[1], p_now); d.settled_at := p_now; d.receipt_proved_at := p_now; d.tied_by := null; d.refuted_at := null; d.confirmed_at := p_now;
  d.allocated_at := null; d.confirmation_due_at := null; d.echo_of := null; d.held_until := null;

  success := coalesce(find_nameless_1(d, p_times), find_guess_1(d, p_times), find_weaker_tie_1(d));
  if success is not null then
    verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
    if verdict = 'displaces' then perform free_receipt_1(success, p_now); end if;
    perform name_deposit_1(success, d, null, p_now);
    perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
    return;
  end if;
  verdict := 'arrives';
  select "echoOf", "heldUntil" into d.echo_of, d.held_until from find_prompts_1(d, p_now);
  d.allocation_due_at := coalesce(d.held_until, p_now);
  perform open_deposit_1(d, p_now);
  if d.held_until is null then
    perform count_deposit_1(d.id, p_now);
    "depositId" := d.id;
  end if;
end $$;
--> statement-breakpoint

-- Settles a status answer about the receipt of one deposit, posted to the question's own address. `p_shortcode` is the own short code that was credited; null: none was.
create function settle_deposit_status_1(
  p_deposit uuid, p_body_hash text, p_body text, p_says text, p_receipt text, p_amount bigint, p_shortcode text, p_now timestamptz, out "depositId" uuid, out verdict text
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
    when p_shortcode is null or exists (select from withdrawals w where w.receipt = p_receipt) then 'other_party'
    when d.receipt_proved_at is not null then 'known'
    else 'confirms' end;
  fresh := keep_evidence_1(p_deposit, 'transaction-status', p_body_hash, p_body, verdict, p_now);
  if verdict = 'confirms' then
    select * into proved from settle_receipt_1('status', d.receipt, d.amount_cents, null, null, null, null, null, null, null, p_shortcode, d.may_echo, array[d.moved_at], false, p_now);
    "depositId" := proved."depositId";
  elsif verdict in ('other_receipt', 'other_amount', 'other_party', 'not_completed') and fresh and not (verdict = 'other_receipt' and d.receipt_proved_at is not null) then
    perform open_task_1('deposit_not_confirmed', p_deposit::text, p_now);
  end if;
end $$;
--> statement-breakpoint

-- Settles the proof of a receipt that a success of this attempt named and was not believed. If its amount is what was asked, the success is true after all; else the money
-- is a movement of its own, which nobody asked for.
create function settle_doubt_1(p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_now timestamptz, out "depositId" uuid, out verdict text) language plpgsql as $$
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
    "depositId" := take_success_1(attempt, payment, p_receipt, true, p_shortcode, null, p_now);
    update attempts set state = 'paid', live = false, receipt = p_receipt, query_due_at = null where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);
  else
    select * into proved from settle_receipt_1('status', p_receipt, p_amount, null, null, null, null, null, null, null, p_shortcode, true, array[p_now], true, p_now);
    verdict := proved.verdict;
    "depositId" := proved."depositId";
  end if;
  if verdict in ('pays', 'proves', 'fills', 'displaces', 'arrives') then
    perform close_tasks_1(array['evidence_amount_differs', 'evidence_phone_differs', 'evidence_second_receipt', 'evidence_receipt_used', 'evidence_doubted'], p_attempt::text,
      'Its receipt is proved, and booked.', p_now);
  end if;
end $$;
--> statement-breakpoint

-- Settles the proofs of many receipts, one after the other, in the order in which all who do this lock. Each row of `p_receipts` has the names of settle_receipt_1's
-- parameters. What was proved before is passed over.
create function settle_receipts_1(p_source text, p_receipts jsonb, p_now timestamptz) returns table ("depositId" uuid, receipt text, verdict text) language plpgsql as $$
declare
  r record;
  settled record;
begin
  for r in select * from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint, reference text, standing text, typed text, payer_name text, payer_phone text,
      payer_hash text, payer_tail text, shortcode text, prompts boolean, times timestamptz[])
    where not exists (select from deposits d where d.receipt = t.receipt and d.receipt_proved_at is not null and d.confirmed_at is not null and d.amount_cents = t.amount
      and (d.source <> 'c2b' or d.attempt_id is not null))
    order by amount, t.receipt
  loop
    select * into settled from settle_receipt_1(p_source, r.receipt, r.amount, r.reference, r.standing, r.typed, r.payer_name, r.payer_phone, r.payer_hash, r.payer_tail,
      r.shortcode, r.prompts, r.times, true, p_now);
    "depositId" := settled."depositId"; receipt := r.receipt; verdict := settled.verdict;
    return next;
  end loop;
end $$;
