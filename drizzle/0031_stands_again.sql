-- Where the whole of a deposit stands: `gone` (taken back), `clearing` (not allocated), `suspense` or `customer_credit` (nothing of it taken), `spent` otherwise.
create or replace function stands_in_1(d deposits) returns text language plpgsql stable as $$
begin
  if d.taken_back_at is not null then return 'gone'; end if;
  if d.allocated_at is null then return 'clearing'; end if;
  if exists (select from payouts o where o.subject = d.id::text and o.state not in ('declined', 'rejected')) then return 'spent'; end if;
  if exists (select from matches m where m.deposit_id = d.id) then return 'spent'; end if;
  -- it may have been parked more than once: what a list corrected, or a prompt gave up, goes back there
  return coalesce((select x.account from (
      select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind in ('suspense', 'surplus', 'swapped') and t.source_id = d.id::text
      union all select t.debit_account, -t.amount_cents from transfers t where t.kind in ('claimed', 'merged', 'swapped') and t.source_id = d.id::text) x
    where x.account in ('suspense', 'customer_credit') group by x.account having sum(x.cents) = d.amount_cents), 'spent');
end $$;
--> statement-breakpoint
-- A deposit counts for its payment if it pays it, or if it is proved where what counted is not: a lie may not keep the place of money that came.
create or replace function count_deposit_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  payment payments;
  counted deposits;
  matched uuid; -- by a person
begin
  select * into d from deposits where id = p_deposit;
  select * into payment from payments where id = d.payment_id for update;
  if not found or d.amount_cents < payment.amount_cents or d.refuted_at is not null then return; end if;
  if payment.status in ('pending', 'unknown', 'failed', 'expired') then
    update payments set status = 'paid', failure_code = null, counted_deposit_id = d.id, settled_at = coalesce(settled_at, p_now) where id = payment.id;
    perform record_1(case when payment.status in ('failed', 'expired') then 'late_success' else 'payment_paid' end, payment.id, payment.status, 'paid', p_now);
    return;
  end if;
  if payment.status <> 'paid' or d.confirmed_at is null or payment.counted_deposit_id = d.id then return; end if;
  select * into counted from deposits where id = payment.counted_deposit_id for update;
  select m.id into matched from matches m where m.deposit_id = counted.id and m.payment_id = payment.id and m.amount_cents = payment.amount_cents;
  if counted.confirmed_at is not null or counted.payment_id is distinct from payment.id and matched is null or counted.allocated_at is null
    or not exists (select from transfers t where t.source_id in (counted.id::text, matched::text, payment.id::text) and t.kind in ('sale', 'hold')) then return; end if;
  -- what was bought stays bought, with the money that came; the other one's becomes the customer's to be given back, once it is proved
  if d.allocated_at is not null then
    if stands_in_1(d) <> 'customer_credit' then return; end if;
    perform book_1('swapped', d.id, next_leg_1('swapped', d.id), 'customer_credit', 'clearing', payment.amount_cents, p_now);
  end if;
  perform book_1('swapped', counted.id, next_leg_1('swapped', counted.id), 'clearing', 'customer_credit', payment.amount_cents, p_now);
  if d.amount_cents > payment.amount_cents and d.allocated_at is null then
    perform book_1('surplus', d.id, next_leg_1('surplus', d.id), 'clearing', 'customer_credit', d.amount_cents - payment.amount_cents, p_now);
    perform open_task_1('surplus_payment', d.id::text, p_now);
  end if;
  update deposits set allocated_at = coalesce(allocated_at, p_now), allocation_due_at = null, held_until = null where id = d.id;
  update payments set counted_deposit_id = d.id where id = payment.id;
  if d.amount_cents = payment.amount_cents then perform close_tasks_1(array['surplus_payment'], d.id::text, 'It counts for its payment.', p_now); end if;
  perform open_task_1('surplus_payment', counted.id::text, p_now);
  perform record_1('counted_deposit_changed', payment.id, counted.id::text, d.id::text, p_now);
end $$;
--> statement-breakpoint
-- A deposit becomes the money of an attempt, where it stands: whatever is whole goes back to clearing, to be allocated to the attempt's payment. False, and nothing
-- is done, when it has paid for something else.
create or replace function claim_deposit_1(d deposits, attempt attempts, p_tied_by text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  place text;
  sold record;
begin
  select * into d from deposits where id = d.id and attempt_id is null and merged_into is null and taken_back_at is null for update; -- it may have been allocated meanwhile
  if d.id is null then return false; end if;
  place := stands_in_1(d);
  for sold in
    select x.account, sum(x.cents)::bigint as cents from (
      select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind = 'counter_sale' and t.source_id = d.id::text
      union all select t.debit_account, -t.amount_cents from transfers t where t.kind = 'claimed' and t.source_id = d.id::text) x
    where x.account not in ('suspense', 'customer_credit') group by x.account having sum(x.cents) > 0 order by x.account
  loop
    place := 'counter';
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), sold.account, 'clearing', sold.cents, p_now);
  end loop;
  if place = 'counter' then update deposits set allocated_at = null where id = d.id; end if;
  if place = 'spent' and d.payment_id is distinct from attempt.payment_id then return false; end if;
  if place in ('suspense', 'customer_credit') and (d.payment_id is distinct from attempt.payment_id or place = 'suspense') then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', d.amount_cents, p_now);
    update deposits set allocated_at = null where id = d.id;
    perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'A prompt brought it.', p_now);
  end if;
  if d.payment_id is distinct from attempt.payment_id then
    update payments set status = 'expired', counted_deposit_id = null, settled_at = null where counted_deposit_id = d.id and status = 'paid';
  end if;
  update deposits set attempt_id = attempt.id, payment_id = attempt.payment_id, standing = null, tied_by = p_tied_by, held_until = null,
    allocation_due_at = case when allocated_at is null then p_now end
  where id = d.id;
  perform prove_money_1(d.id, p_now);
  return true;
end $$;
--> statement-breakpoint
-- A line of a pull or a statement says what was truly typed, and a notice may have lied about it: it is corrected as long as nothing was bought with it. What was bought is
-- left as it is: the words that the line has are returned then, and are not stored.
create or replace function correct_words_1(
  d deposits, payment payments, p_standing text, p_typed text, p_prompts boolean, p_source text, p_now timestamptz
) returns deposits language plpgsql as $$
declare
  place text := stands_in_1(d);
  own_standing text := case when payment.id is null then (select s.typed from standing_references s where s.typed = p_standing) end;
  echoes boolean := p_prompts and payment.id is null and p_typed is null;
begin
  if d.source <> 'c2b' or d.attempt_id is not null or d.taken_back_at is not null then return d; end if;
  if payment.id is not distinct from d.payment_id and own_standing is not distinct from d.standing and echoes = d.may_echo or place = 'spent' then
    update deposits set source = p_source where id = d.id returning * into d;
    if place = 'spent' then d.payment_id := payment.id; d.standing := own_standing; d.may_echo := echoes; end if;
    return d;
  end if;
  if place not in ('clearing', 'suspense', 'customer_credit') then return d; end if;
  if place <> 'clearing' then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', d.amount_cents, p_now);
    perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'What was typed is known.', p_now);
  end if;
  update payments set status = 'expired', counted_deposit_id = null, settled_at = null where counted_deposit_id = d.id and status = 'paid';
  update deposits set source = p_source, payment_id = payment.id, may_echo = echoes, standing = own_standing, typed_reference = p_typed,
    held_until = p_now, allocated_at = null, allocation_due_at = p_now
  where id = d.id returning * into d;
  return d;
end $$;
--> statement-breakpoint
-- Money at a till that nobody asked for by a prompt is ordinary counter money: sales, with the VAT of the configured class.
create or replace function sell_over_counter_1(d deposits, p_vat_class text, p_now timestamptz) returns void language plpgsql as $$
declare
  vat record;
begin
  select * into vat from vat_of_1(jsonb_build_array(jsonb_build_object('vatClass', p_vat_class, 'grossCents', d.amount_cents)), coalesce(d.moved_at, d.settled_at));
  perform book_1('counter_sale', d.id, next_leg_1('counter_sale', d.id), 'clearing', 'counter_sales', vat.net_cents, p_now);
  if vat.vat_cents > 0 then perform book_1('counter_sale', d.id, next_leg_1('counter_sale', d.id), 'clearing', 'vat_payable', vat.vat_cents, p_now); end if;
end $$;
--> statement-breakpoint
-- The success of the same payment that has another receipt by payer or time alone: one that bears the payment's reference is the better name.
create or replace function find_weaker_tie_1(d deposits) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.payment_id = d.payment_id and n.tied_by in ('payer', 'time') and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id
    and (d.receipt_proved_at is null or may_be_from_1(a, d.payer_hash, d.payer_tail)) -- as find_nameless_1: another's money, as proved, is no name
  order by n.id limit 1
$$;
--> statement-breakpoint
-- Settles what a C2B notice says. It only tells: the address is one for all, so whoever knows it can say anything. Each receipt is booked once, as told money. A notice
-- that may be the echo of a prompt is booked too, and not allocated until the prompt's callback has named its receipt or the prompt has ended.
-- arrives: new told money. ties: the receipt of a success that a query told. known: told or proved before. Others are quarantined: kept, and nothing is booked.
create or replace function settle_c2b_1(
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
  elsif exists (select from withdrawals w where w.receipt = p_receipt) then
    verdict := 'own_payout'; -- money that we sent, told as if it had come
  else
    nameless := case when d.may_echo then find_place_1(d, array[p_moved_at], false, '{}', p_now) else find_nameless_1(d, array[p_moved_at]) end;
    if nameless is null then
      nameless := (select n.id from deposits n where n.id = find_weaker_tie_1(d) and n.receipt_proved_at is null);
      if nameless is not null then perform free_receipt_1(nameless, p_now); end if;
    end if;
    verdict := case when nameless is null then 'arrives' else 'ties' end;
  end if;
  duplicate := not keep_evidence_1(null, 'c2b', p_body_hash, p_body, verdict, p_now);

  if verdict = 'arrives' then
    select "echoOf", "heldUntil" into d.echo_of, d.held_until from find_prompts_1(d, p_now);
    if p_day_differs or payment.purpose = any(p_wait_for_proof) then d.held_until := 'infinity'; end if;
    d.allocation_due_at := case when d.held_until = 'infinity' then null else coalesce(d.held_until, p_now) end;
    perform open_deposit_1(d, p_now);
    if p_day_differs then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
    if d.held_until is null then
      perform count_deposit_1(d.id, p_now);
      "depositId" := d.id;
    end if;
  elsif verdict = 'ties' then
    perform name_deposit_1(nameless, d, null, p_now);
  elsif verdict = 'known' then
    -- one of the two is a lie. What a list has said stands above both
    if not duplicate and known.source = 'c2b' and known.attempt_id is null and known.merged_into is null and known.taken_back_at is null
      and (known.payment_id is distinct from payment.id or known.standing is distinct from d.standing or known.may_echo <> d.may_echo
        or payer_contradicts_1(known, p_payer_hash, p_payer_tail) or known.payer_hash is not null and p_payer_hash is null) then
      perform open_task_1('receipt_told_twice', known.id::text, p_now);
    end if;
  elsif not duplicate then
    perform open_task_1('evidence_' || verdict, p_receipt, p_now);
  end if;
end $$;
--> statement-breakpoint
-- Books a settled deposit to its payment's purpose if it is the one that counts or the purpose takes everything, to the account whose reference was typed, what is more
-- than owed and every further deposit to the customer's credit, too little or money for nobody knows what to suspense; a person gets a task for these. Clearing is
-- empty again. A deposit that was held is looked at anew first: a success without a receipt may have come meanwhile, whose money it is. Safe to call twice.
-- `loan`: what it is for has to be worked out (allocate.ts does). `typed`: booked by an earlier release, which kept what was typed in sealed form alone.
create or replace function allocate_2(p_deposit uuid, p_counter_vat_class text, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  payment payments;
  standing standing_references;
  nameless uuid;
begin
  select * into d from deposits where id = p_deposit;
  if d.held_until > p_now then return 'held'; end if;
  if d.held_until is not null then perform lock_group_1(d.amount_cents); end if;
  select * into payment from payments where id = d.payment_id for update;
  select * into d from deposits where id = p_deposit and allocated_at is null and merged_into is null and refuted_at is null for update;
  if d.id is null or d.held_until > p_now then return 'nothing to do'; end if;
  if d.payment_id is distinct from payment.id then return allocate_2(p_deposit, p_counter_vat_class, p_now); end if; -- claimed while we waited: its payment is another one

  if d.held_until is not null then
    nameless := case when d.attempt_id is null then find_nameless_1(d, array[d.moved_at]) end;
    if nameless is not null and merge_deposit_1(d.id, nameless, p_now) then
      perform name_deposit_1(nameless, d, null, p_now);
      return 'tied';
    end if;
    update deposits set held_until = null where id = d.id;
    perform count_deposit_1(d.id, p_now);
    select * into d from deposits where id = d.id;
    if d.allocated_at is not null then return 'allocated'; end if;
    select * into payment from payments where id = d.payment_id;
  end if;

  if d.confirmed_at is not null and payment.status = 'paid' and payment.counted_deposit_id <> d.id then
    -- it came while what counts was told and not booked yet, which may be a lie: as count_deposit_1, whichever of the two is booked first
    update payments p set counted_deposit_id = d.id from deposits c
    where p.id = payment.id and c.id = payment.counted_deposit_id and c.confirmed_at is null and c.allocated_at is null and d.amount_cents >= p.amount_cents;
    if found then perform record_1('counted_deposit_changed', payment.id, payment.counted_deposit_id::text, d.id::text, p_now); end if;
    perform count_deposit_1(d.id, p_now);
    select * into d from deposits where id = d.id;
    if d.allocated_at is not null then return 'allocated'; end if;
    select * into payment from payments where id = d.payment_id;
  end if;

  if payment.id is null and d.standing is null and d.version > 0 and d.typed_reference is not null then return 'typed'; end if;
  select * into standing from standing_references s where s.typed = case when payment.id is null then d.standing else bare_reference_1(payment.subject) end
    and (payment.id is null or s.kind = case payment.purpose when 'savings' then 'savings' when 'loan_repayment' then 'loan' end);
  if standing.kind = 'loan' then return 'loan'; end if;
  if standing.kind is null and payment.purpose in ('savings', 'loan_repayment') then raise exception 'Something was paid for that is not there.'; end if;

  if standing.kind = 'savings' then
    perform deposit_savings_1(standing.subject_id, d.id, d.amount_cents, p_now);
  elsif payment.id is null and d.typed_reference is null and d.may_echo and p_counter_vat_class is not null then
    perform sell_over_counter_1(d, p_counter_vat_class, p_now);
  elsif payment.id is null then
    perform park_1(d, 'suspense', d.amount_cents, 'unidentified_deposit', p_now);
  elsif payment.counted_deposit_id = d.id then
    if payment.purpose in ('order', 'donation') then perform sell_1(payment, d.id, coalesce(d.moved_at, d.settled_at), p_now);
    elsif payment.purpose = 'booking_fee' then perform hold_booking_1(payment, p_now);
    else raise exception 'No purpose "%" is wired in: see allocate_2.', payment.purpose;
    end if;
    if d.amount_cents > payment.amount_cents then
      perform park_1(d, 'customer_credit', d.amount_cents - payment.amount_cents, 'surplus_payment', p_now);
    end if;
  elsif payment.counted_deposit_id is not null then
    perform park_1(d, 'customer_credit', d.amount_cents, 'surplus_payment', p_now);
  else
    perform park_1(d, 'suspense', d.amount_cents, 'underpaid_deposit', p_now);
  end if;
  update deposits set allocated_at = p_now, allocation_due_at = null where id = d.id;
  return 'allocated';
end $$;
