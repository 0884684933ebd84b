ALTER TABLE "float_differences" ADD COLUMN "reworked_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "float_entries" ADD COLUMN "decision_note" text;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "deposit_id" uuid;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "payer_identified" boolean;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "phone_tail" text;--> statement-breakpoint
CREATE INDEX "float_differences_explained" ON "float_differences" USING btree ("shortcode","explained_at") WHERE "float_differences"."explained_at" is not null;--> statement-breakpoint
CREATE INDEX "statements_signed" ON "statements" USING btree ("shortcode","decided_at") WHERE "statements"."state" in ('signed', 'done');
--> statement-breakpoint
-- The prompt whose success has no proved receipt, so that the proof of this one may be the proof of that same movement: words that a notice alone has said, or a person's
-- match, do not make it another one, and a receipt that nobody has proved is no name. One that it has by its time alone may be somebody else's, also where it is proved; what
-- nobody has said any words of is new money then. Each such success casts doubt on one receipt.
create or replace function find_doubt_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select a.id from deposits n join attempts a on a.id = n.attempt_id
  where (n.receipt is null or n.receipt_proved_at is null and n.tied_by in ('reference', 'payer', 'time') or n.tied_by = 'time' and d.source = 'c2b' and not d.may_echo)
    and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and n.settled_at > coalesce(d.moved_at, d.settled_at) - interval '3 days' and may_fit_1(a, p_times, d.receipt, d.payer_hash, d.payer_tail)
    and not exists (select from deposits o where o.echo_of = a.id and o.amount_cents = d.amount_cents and o.id <> d.id and o.receipt_proved_at is not null
      and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null)
  order by (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last, abs(extract(epoch from a.created_at - p_times[1])), a.id
  limit 1
$$;
--> statement-breakpoint
-- Whether signed statements know this receipt as a movement between the organisation and its bank, or its own short codes, and none knows it as a payment. A charge bears the
-- receipt of what was charged.
create or replace function is_own_money_1(p_receipt text) returns boolean language sql stable as $$
  select exists (select from float_entry_lines x where x.receipt = p_receipt and x.kind in ('top_up', 'sweep'))
    and not exists (select from statement_lines l where l.receipt = p_receipt and l.direction = 'in' and l.kind in ('payment', 'organisation'))
$$;
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
  if d.reversed_elsewhere_at is not null and book_reversed_1(d.id, p_now) = 'taken_back' then return 'nothing to do'; end if; -- it was given back in the portal: it pays for nothing
  if d.payment_id is distinct from payment.id then return allocate_2(p_deposit, p_counter_vat_class, p_now); end if; -- claimed while we waited: its payment is another one

  if d.attempt_id is null and exists (select from payouts o where o.subject = d.id::text and o.kind = 'reversal' and o.state not in ('declined', 'rejected')) then
    -- its reversal came with its receipt and is under way: it pays for nothing meanwhile
    perform park_1(d, 'suspense', d.amount_cents, 'unidentified_deposit', p_now);
    update deposits set allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    return 'allocated';
  end if;

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
--> statement-breakpoint
-- What this deposit counted for, and bought nothing with yet, is not paid any more: its money is another movement's.
create or replace function unpay_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update payments set status = 'expired', counted_deposit_id = null, settled_at = null where id = d.payment_id and counted_deposit_id = d.id and status = 'paid';
  if found then perform record_1('payment_reopened', d.payment_id, 'paid', 'expired', p_now); end if;
end $$;
--> statement-breakpoint
-- A deposit turns out to be the same movement as another one, or none at all (`p_into` is null): its booking is taken off again by a transfer of its own, and its row counts for nothing. What was
-- bought with it is not undone here: it is locked, and a person takes it back. False then.
create or replace function merge_deposit_1(p_deposit uuid, p_into uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
  place text;
begin
  select * into d from deposits where id = p_deposit for update;
  place := stands_in_1(d);
  if place = 'gone' then
    update deposits set receipt = null, merged_into = p_into, reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null where id = d.id;
    return true;
  end if;
  if place = 'spent' and p_into is not null and undo_counter_sale_1(d.id, p_now) then
    place := 'clearing';
    d.allocated_at := null;
  end if;
  if place = 'spent' then
    update deposits set receipt = null, receipt_proved_at = null, refuted_at = p_now, confirmation_due_at = null, reversed_elsewhere_at = null, reversed_elsewhere_cents = null,
      reversal_receipt = null
    where id = d.id;
    if d.confirmed_at is not null then perform disprove_money_1(d, p_now); end if; -- what was proved of it is the other one's
    -- this one is certain to be another's: what has no loan in it is taken back at once
    if p_into is not null and not exists (select from repayments r where r.deposit_id = d.id and r.reversed_at is null) and take_back_1(d.id, p_now) then
      update deposits set merged_into = p_into where id = d.id;
      perform open_task_1('deposit_displaced', d.id::text, p_now);
    else
      perform open_task_1('deposit_refuted', d.id::text, p_now);
    end if;
    perform close_tasks_1(array['receipt_doubted', 'receipt_words_differ', 'receipt_payer_differs', 'receipt_told_twice'], d.id::text, 'Its receipt is another movement''s.', p_now);
    return false;
  end if;
  perform book_1('merged', d.id, 1, place, arrived_in_1(d), d.amount_cents, p_now);
  update deposits set merged_into = p_into, receipt = null, attempt_id = null, held_until = null, confirmation_due_at = null, allocation_due_at = null,
    allocated_at = coalesce(allocated_at, p_now), refuted_at = case when p_into is null then p_now end, taken_back_at = case when p_into is null then p_now end,
    reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null
  where id = d.id;
  if d.reversed_elsewhere_at is not null then perform book_reversed_1(d.id, p_now); end if;
  if exists (select from deposits o where o.id = p_into) then
    update payments set counted_deposit_id = p_into where counted_deposit_id = d.id and id = (select o.payment_id from deposits o where o.id = p_into);
  end if;
  perform unpay_1(d, p_now);
  perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs',
    'receipt_doubted', 'receipt_payer_differs', 'receipt_told_twice'], d.id::text, 'The same movement as deposit ' || p_into || '.', p_now);
  return true;
end $$;
--> statement-breakpoint
-- A deposit becomes the money of an attempt, where it stands: whatever is whole goes back to clearing, to be allocated to the attempt's payment. False, and nothing
-- is done, when it has paid for something else.
create or replace function claim_deposit_1(d deposits, attempt attempts, p_tied_by text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  place text;
begin
  select * into d from deposits where id = d.id and attempt_id is null and merged_into is null and taken_back_at is null for update; -- it may have been allocated meanwhile
  if d.id is null then return false; end if;
  place := case when undo_counter_sale_1(d.id, p_now) then 'clearing' else stands_in_1(d) end;
  if place = 'spent' and d.payment_id is distinct from attempt.payment_id then return false; end if;
  if place in ('suspense', 'customer_credit') and (d.payment_id is distinct from attempt.payment_id or place = 'suspense') then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', d.amount_cents, p_now);
    update deposits set allocated_at = null where id = d.id;
    perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'A prompt brought it.', p_now);
  end if;
  if d.payment_id is distinct from attempt.payment_id then
    perform unpay_1(d, p_now);
  end if;
  update deposits set attempt_id = attempt.id, payment_id = attempt.payment_id, standing = null, tied_by = p_tied_by, held_until = null,
    allocation_due_at = case when allocated_at is null then p_now end
  where id = d.id;
  perform prove_money_1(d.id, p_now);
  return true;
end $$;
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
  elsif exists (select from withdrawals w where w.receipt = p_receipt) or is_own_money_1(p_receipt) then
    verdict := 'own_payout'; -- money that we sent or moved ourselves, told as if a customer had paid
  else
    nameless := case when d.may_echo then find_place_1(d, array[p_moved_at], false, '{}', p_now) else find_nameless_1(d, array[p_moved_at]) end;
    if nameless is null then
      nameless := (select n.id from deposits n where n.id = find_weaker_tie_1(d) and n.receipt_proved_at is null);
      if nameless is not null then perform free_receipt_1(nameless, p_now); end if;
    end if;
    verdict := case when nameless is null then 'arrives' else 'ties' end;
  end if;
  duplicate := not keep_evidence_1(null, 'c2b', p_body_hash, p_body, verdict, p_now);
  if verdict in ('known', 'ties') and not duplicate then -- the report of evidence asks whether a notice told of it too
    perform keep_evidence_1(coalesce(known.id, nameless), 'c2b', p_body_hash, p_body, verdict, p_now);
  end if;

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
  perform unpay_1(d, p_now);
  update deposits set source = p_source, payment_id = payment.id, may_echo = echoes, standing = own_standing, typed_reference = p_typed,
    held_until = p_now, allocated_at = null, allocation_due_at = p_now
  where id = d.id returning * into d;
  return d;
end $$;
--> statement-breakpoint
-- Settles the proof of a receipt: that this much came to us under it. Who proves is a status answer that we asked for (of a receipt that we know), a line of a pull, or a
-- line of a statement that a person has signed off. The money is proved where it stands; a proved receipt fills a nameless success first, and takes the place of a
-- receipt that only tells. `p_times` holds the readings of a time whose clock is not certain. Who paid, and when, is what the proof says, and where it does not say, unknown:
-- a notice may have lied about both.
-- proves: it was told before. fills: the name of a success that had none. displaces: a success had another receipt by a guess. arrives: nobody had told us, or a notice had
-- told it for something else. doubted: it may be the receipt of a prompt's success that has none, and was spent for something else or told with other words: it stays told
-- until that success has a receipt.
create or replace function settle_receipt_1(
  p_source text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text,
  p_shortcode text, p_prompts boolean, p_times timestamptz[], p_opens boolean, p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  payment payments;
  known deposits;
  told deposits;            -- `known` as a notice had told it
  lost uuid;                -- the success that had it by a guess
  gone uuid;                -- what was taken back under this receipt, which came after all
  bought boolean := false;  -- something was bought with it that a list contradicts
  d deposits;
  success uuid;
  doubt uuid;
  times timestamptz[] := readings_1(p_receipt, p_times, p_now);
  near timestamptz[];       -- when it may have moved, to guess at its prompt by
  other_payer boolean := false; -- than was told
  says_payer boolean := p_payer_hash is not null or p_payer_tail is not null;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  select * into payment from payments where reference = p_reference;
  select * into known from deposits where receipt = p_receipt;
  perform from payments where id in (payment.id, known.payment_id) order by id for update;
  select * into known from deposits where receipt = p_receipt for update;

  if exists (select from withdrawals w where w.receipt = p_receipt) or known.id is null and is_own_money_1(p_receipt) then verdict := 'own_payout'; return; end if;
  if known.taken_back_at is not null and known.confirmed_at is null and p_source in ('pull', 'statement') then
    -- a list says what it was for: where it belongs is looked for anew
    gone := known.id;
    update deposits set receipt = null where id = gone;
    known := null;
  end if;
  if known.id is not null and known.amount_cents <> p_amount then
    if known.receipt_proved_at is not null or known.attempt_id is not null then verdict := 'amount_differs'; perform open_task_1('evidence_amount_differs', p_receipt, p_now); return; end if;
    if not p_opens then verdict := 'amount_differs'; return; end if;
    -- told with another amount than came: that one was a lie
    d := known; d.id := new_id_1(); d.moved_at := null; d.payer_name := null; d.payer_phone := null; d.payer_hash := null; d.payer_tail := null;
    perform merge_deposit_1(known.id, d.id, p_now);
    perform open_task_1('evidence_amount_differs', p_receipt, p_now);
    known := null;
  end if;
  if known.tied_by in ('reference', 'payer', 'time') and is_not_its_name_1(known, payment, p_standing, p_payer_hash, p_payer_tail) then
    lost := known.id;
    perform free_receipt_1(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
    if known.attempt_id is null then -- it is proved, and its payer known, before the success that lost it looks for another
      other_payer := payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail,
        receipt_proved_at = coalesce(receipt_proved_at, p_now)
      where id = known.id;
    end if;
  end if;
  if known.attempt_id is null and known.taken_back_at is not null and known.confirmed_at is not null then verdict := 'known'; return; end if; -- given back in the portal, and taken back
  if known.id is not null and p_source in ('pull', 'statement') then
    told := known;
    bought := stands_in_1(told) = 'spent';
    known := correct_words_1(told, payment, p_standing, p_typed, p_prompts, p_source, p_now);
    bought := bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing or known.may_echo <> told.may_echo);
  end if;
  if lost is not null then perform name_again_1(lost, p_now); end if;
  if known.receipt_proved_at is not null and known.confirmed_at is not null and (known.attempt_id is not null or known.allocated_at is not null) and not bought then
    verdict := 'known';
    if known.attempt_id is null and known.taken_back_at is null and says_payer then -- the first proof may have named no payer
      if payer_contradicts_1(known, p_payer_hash, p_payer_tail) then perform open_task_1('receipt_payer_differs', known.id::text, p_now); end if;
      d := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = d.payer_name, payer_phone = d.payer_phone, payer_hash = d.payer_hash, payer_tail = d.payer_tail where id = known.id;
    end if;
    return;
  end if;

  if known.id is not null and known.confirmed_at is null and known.taken_back_at is null and known.shortcode is distinct from p_shortcode and known.shortcode is not null then
    -- the notice named another one of our short codes than was paid
    perform book_1('gathered', known.id, next_leg_1('gathered', known.id), own_account_1('paybill_told', p_shortcode), own_account_1('paybill_told', known.shortcode), known.amount_cents, p_now);
    update deposits set shortcode = p_shortcode where id = known.id;
    known.shortcode := p_shortcode;
  end if;
  if known.id is not null then
    known.receipt_proved_at := p_now;
    if known.attempt_id is null then
      other_payer := other_payer or payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      if bought and not says_payer then -- whoever told other words than were typed is not believed about the payer either
        known.payer_name := null; known.payer_phone := null; known.payer_hash := null; known.payer_tail := null;
      end if;
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
    end if;
    known.moved_at := case
      when exists (select from unnest(times || case when cardinality(times) = 0 then readings_1(p_receipt, array[known.moved_at], p_now) end) t
        where t between known.moved_at - interval '5 minutes' and known.moved_at + interval '5 minutes') then known.moved_at
      else coalesce(times[1], value_date_1(p_receipt, p_now)) end;
    update deposits set receipt_proved_at = p_now, confirmation_due_at = null, moved_at = known.moved_at,
      payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail
    where id = known.id;
    verdict := 'proves';
    if not says_payer and known.payment_id is not null then known.payer_hash := null; known.payer_tail := null; end if; -- what a notice has said of them keeps no reference from its prompt
    near := case when cardinality(times) = 0 and p_source = 'status' then array[known.moved_at] else times end;
    if known.attempt_id is null and known.taken_back_at is null and (bought or stands_in_1(known) not in ('spent', 'gone')) then
      success := coalesce(find_place_1(known, near, false, '{}', p_now), find_guess_1(known, near), find_place_1(known, near, true, '{}', p_now), find_weaker_tie_1(known));
      if success is not null then
        verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
        if verdict = 'displaces' then perform free_receipt_1(success, p_now); end if;
        perform merge_deposit_1(known.id, success, p_now);
        perform name_deposit_1(success, known, null, p_now);
        perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
        return;
      end if;
    end if;
    if bought and (known.payment_id is not null or known.standing is not null) and not exists (select from matches m where m.deposit_id = known.id) then
      -- the list names something else of ours, and no person has said what it is for: the notice's words were a lie, and what they bought is taken back
      d := known; d.id := new_id_1();
      perform merge_deposit_1(known.id, d.id, p_now);
      known := null;
    end if;
  end if;
  if known.id is not null then
    if bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing) then perform open_task_1('receipt_words_differ', known.id::text, p_now); end if;
    if other_payer and known.taken_back_at is null then perform open_task_1('receipt_payer_differs', known.id::text, p_now); end if;
    -- what a list says was typed makes it another movement than a prompt's; what a notice alone has said does not
    if known.attempt_id is null and known.taken_back_at is null and (p_source = 'status' or known.may_echo) then
      if not says_payer or cardinality(times) = 0 then
        known.payer_hash := null; known.payer_tail := null; times := '{}'; -- see sure_times_1
        update deposits set payer_hash = null, payer_tail = null where id = known.id;
      end if;
      doubt := find_doubt_1(known, times);
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
  d.typed_reference := coalesce(p_typed, d.typed_reference); d := payer_by_proof_1(d, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
  d.payer_name := coalesce(d.payer_name, p_payer_name); d.payer_phone := coalesce(d.payer_phone, p_payer_phone); d.moved_at := coalesce(times[1], d.moved_at);
  d.settled_at := p_now; d.receipt_proved_at := p_now; d.tied_by := null; d.refuted_at := null; d.confirmed_at := p_now;
  d.allocated_at := null; d.confirmation_due_at := null; d.echo_of := null; d.held_until := null;

  success := coalesce(find_place_1(d, times, false, '{}', p_now), find_guess_1(d, times), find_place_1(d, times, true, '{}', p_now), find_weaker_tie_1(d));
  if success is not null then
    verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
    if verdict = 'displaces' then perform free_receipt_1(success, p_now); end if;
    perform name_deposit_1(success, d, null, p_now);
    perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
    update deposits set merged_into = success where id = gone;
    return;
  end if;
  verdict := 'arrives';
  if d.moved_at is null then
    d.moved_at := value_date_1(p_receipt, p_now);
    if p_source <> 'status' then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
  end if;
  select "echoOf", "heldUntil" into d.echo_of, d.held_until from find_prompts_1(d, p_now);
  d.allocation_due_at := coalesce(d.held_until, p_now);
  if gone is null then
    perform open_deposit_1(d, p_now);
  else
    perform open_after_all_1(d, p_now);
    update deposits set merged_into = d.id where id = gone;
  end if;
  if d.held_until is null then
    perform count_deposit_1(d.id, p_now);
    "depositId" := d.id;
  end if;
end $$;
--> statement-breakpoint
-- Settles what a callback or a query says about an attempt: evidence, states, the movement and its booking, task and audit. Safe to repeat, in any order, from any
-- source: states only move up, a movement is booked once, and what disagrees with what was asked is quarantined.
create or replace function settle_stk_1(
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
end $$;
--> statement-breakpoint
-- Books the success of an attempt once. The receipt that a callback names wins: it claims the row that bears it, wherever that stands, and what the success had by a
-- guess becomes a movement of its own again. Returns the deposit that now waits to be allocated, if any.
create or replace function take_success_1(
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
-- The success that this receipt may be the name of: one that has none, or else one whose receipt is a guess too and fits another success that has none, and so on: then
-- each of these moves on by one. So n receipts that can be told apart fill n successes, in whatever order they come. `p_displaces`: a receipt that nobody has proved
-- makes room as well, at the end of such a chain alone. What is being given back does not move. Asked under the lock of the amount's group.
create or replace function make_place_1(
  d deposits, p_times timestamptz[], p_displaces boolean, p_now timestamptz, inout p_seen uuid[], out place uuid
) language plpgsql as $$
declare
  n deposits;
  freed deposits;
begin
  place := find_nameless_1(d, p_times);
  if place is null and p_displaces then
    place := find_guess_1(d, p_times);
    if place = any(p_seen) then place := null; end if; -- it is about to be left
    if place is not null then perform free_receipt_1(place, p_now); end if;
  end if;
  if place is not null then return; end if;
  for n in
    select o.* from deposits o join attempts a on a.id = o.attempt_id
    where o.tied_by in ('reference', 'payer', 'time') and o.receipt is not null and o.merged_into is null and o.amount_cents = d.amount_cents
      and o.settled_at > p_now - interval '3 days' and o.shortcode is not distinct from d.shortcode and not o.id = any(p_seen)
      and (o.payment_id = d.payment_id and (d.receipt_proved_at is null or may_be_from_1(a, d.payer_hash, d.payer_tail)) -- as find_nameless_1
        or d.payment_id is null and d.may_echo and may_fit_1(a, p_times, d.receipt, d.payer_hash, d.payer_tail))
      and o.taken_back_at is null and not exists (select from payouts p where p.subject = o.id::text and p.state not in ('declined', 'rejected'))
    order by o.tied_by <> 'time', abs(extract(epoch from a.created_at - p_times[1])), o.id
  loop
    if n.id = any(p_seen) then continue; end if;
    p_seen := p_seen || n.id;
    freed := as_freed_1(n, p_now);
    select m.p_seen, m.place into p_seen, place
    from make_place_1(freed, case when n.receipt_proved_at is null then array[n.moved_at] else array[n.moved_at, n.moved_at + interval '3 hours'] end, -- the clock of a pull may be three hours off
      p_displaces, p_now, p_seen) m;
    if place is not null then
      perform unname_deposit_1(n.id);
      if n.reversed_elsewhere_at is not null then perform book_reversed_1(n.id, p_now); end if;
      perform name_deposit_1(place, freed, null, p_now);
      place := n.id;
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- A success has no proved receipt, or one by its time alone, and a receipt of its amount and time was proved that a notice had told, or a person had matched, for something else: both may be one
-- movement. What was proved of that receipt is then only told, until the success has a receipt of its own.
create or replace function doubt_receipt_1(attempt attempts, p_success uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  by_time boolean := exists (select from deposits n where n.id = p_success and n.tied_by = 'time' and n.receipt_proved_at is not null);
begin
  select o.* into d from deposits o
  where o.attempt_id is null and case when by_time then o.source = 'c2b' and not o.may_echo else o.source = 'c2b' or o.may_echo end
    and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
    and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
    and may_fit_1(attempt, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail)
  order by (o.payer_hash = attempt.phone_hash) desc nulls last, (o.payer_tail = attempt.phone_tail) desc nulls last, abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
  limit 1 for update;
  if not found and not by_time then -- one that fits another success better, whose own by a guess may be this one's
    select o.* into d from deposits o
    where o.attempt_id is null and (o.source = 'c2b' or o.may_echo) and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null
      and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
      and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
      and exists (select from deposits n join attempts a on a.id = n.attempt_id
        where n.tied_by in ('payer', 'time') and n.receipt is not null and n.merged_into is null and n.amount_cents = o.amount_cents and n.shortcode is not distinct from p_shortcode
          and may_fit_1(attempt, array[n.moved_at], n.receipt, n.payer_hash, n.payer_tail) and may_fit_1(a, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail))
    order by abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
    limit 1 for update;
  end if;
  if d.id is null then return; end if;
  if d.taken_back_at is not null then -- it was given back in the portal: the success may be that movement (given_back_1)
    update deposits set echo_of = attempt.id where id = d.id;
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  if exists (select from payouts p where p.subject = d.id::text and p.state not in ('declined', 'rejected')) then -- it is on its way back to somebody
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  update deposits set echo_of = attempt.id where id = d.id;
  perform disprove_money_1(d, p_now);
  perform open_task_1('receipt_doubted', d.id::text, p_now);
end $$;
--> statement-breakpoint
-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the
-- state is `unknown` until a result or the transaction's status tells. Money that left after all, once its reserve was given back, is booked and becomes a person's
-- task. What is reversed leaves the float of the short code that received it, what is paid that of p_shortcode. Safe to repeat, in any order, from any source.
create or replace function settle_withdrawal_2(
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
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject::uuid end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = coalesce(payout.receipt, reversed.receipt) else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- somebody may have told of this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        perform unname_deposit_1(told.id);
        perform name_again_1(told.id, p_now);
      else
        perform merge_deposit_1(told.id, null, p_now);
      end if;
      perform open_task_1('evidence_own_payout', p_receipt, p_now);
    end if;
    update withdrawals set state = 'paid', receipt = coalesce(receipt, p_receipt), result_code = p_result_code, settled_at = p_now, moved_at = moved_within_1(p_moved_at, payout.decided_at, p_now),
      query_due_at = null, conversation_id = coalesce(conversation_id, p_conversation)
    where id = withdrawal.id;
    perform book_1(case verdict when 'pays' then 'payout_paid' else 'payout_late' end, withdrawal.id, 1,
      case verdict when 'pays' then 'payout_reserve' else payout.source_account end, own_account_1('paybill_float', coalesce(reversed.shortcode, p_shortcode)), withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    update withdrawals set state = 'rejected', result_code = p_result_code, settled_at = p_now, query_due_at = null where id = withdrawal.id;
    perform book_1('payout_released', withdrawal.id, 1, 'payout_reserve', payout.source_account, withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was rejected.', p_now);
  elsif verdict = 'known' then
    update withdrawals set receipt = p_receipt where id = withdrawal.id and receipt is null and p_says = 'paid' and p_receipt is not null and not p_two_receipts;
    update withdrawals set moved_at = moved_within_1(p_moved_at, payout.decided_at, settled_at) where id = withdrawal.id and moved_at is null and p_says = 'paid';
  elsif verdict in ('unclear', 'two_receipts', 'other_conversation') then
    -- its status is asked soon; an answer to that question has its own ladder
    update withdrawals set state = 'unknown', query_due_at = case when p_source = 'transaction-status' then query_due_at else least(query_due_at, p_now + interval '1 minute') end
    where id = withdrawal.id and state in ('dispatched', 'unknown');
  end if;
  if verdict in ('late') then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- its receipt may have got another place meanwhile
    if payout.source_account = 'refunds' then
      perform settle_moved_reversal_1(payout.id, p.counted_deposit_id, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
    else
      perform settle_moved_reversal_1(payout.id, null, p_now);
    end if;
  end if;
end $$;
--> statement-breakpoint
-- A line that two people have signed says that a receipt is a movement of the organisation's own money, and the books have it as a customer's: told by a notice, proved by a
-- status answer or listed by a pull. It is taken off, proof and all; what was bought with it is locked, and a person takes it back. A success that has it by a guess has no
-- receipt any more. One that a callback has named is a prompt's: nothing is booked for the line. False then.
create or replace function take_off_own_money_1(p_receipt text, p_now timestamptz) returns boolean language plpgsql as $$
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
    perform match_left_over_1(a, d.shortcode, p_now) from attempts a where a.id = d.attempt_id;
    return true;
  elsif d.attempt_id is not null then
    return false;
  end if;
  if d.confirmed_at is not null then perform disprove_money_1(d, p_now); end if;
  update deposits set receipt_proved_at = null where id = d.id;
  perform merge_deposit_1(d.id, null, p_now);
  perform record_1('deposit_refuted', d.id, case when d.confirmed_at is null then 'told' else 'proved' end, 'refuted', p_now);
  return true;
end $$;
--> statement-breakpoint
-- Takes off what the books have as customers' money of the next lines of a statement that tell of the organisation's own.
create or replace function take_off_own_lines_1(s statements, p_upto int, p_now timestamptz) returns void language plpgsql as $$
declare
  l record;
begin
  for l in
    select x.n, x.receipt from statement_lines x join deposits d on d.receipt = x.receipt
    where x.statement_id = s.id and x.n > s.done and x.n <= p_upto and x.finding in ('sweep', 'top_up') and d.merged_into is null and d.taken_back_at is null
      and not exists (select from statement_lines o where o.receipt = x.receipt and o.direction = 'in' and o.kind in ('payment', 'organisation'))
    order by d.amount_cents, x.receipt
  loop
    if not take_off_own_money_1(l.receipt, p_now) then update statement_lines x set finding = 'agrees' where x.statement_id = s.id and x.n = l.n; end if;
  end loop;
end $$;
--> statement-breakpoint
-- What of an entry a line tells of counts for the balance watch when the line says that it moved: of an entry that explained no balance nobody else knows it. A charge that the
-- tariff expects counts already.
create or replace function date_entry_part_1(entry float_entries, p_moved_at timestamptz, p_cents bigint) returns void language plpgsql as $$
begin
  if entry.explains_from is not null or entry.occurred_at is null then return; end if;
  insert into float_entry_parts (entry_id, shortcode, occurred_at, cents) values (entry.id, entry.shortcode, p_moved_at, p_cents)
  on conflict (entry_id, occurred_at) do update set cents = float_entry_parts.cents + excluded.cents;
  update float_watches set opening_cents = opening_cents - case entry.kind when 'top_up' then p_cents else -p_cents end
    * ((opened_at >= p_moved_at)::int - (opened_at >= entry.occurred_at)::int)
  where shortcode = entry.shortcode;
end $$;
--> statement-breakpoint
-- The entry of a line's days with its amount is the line's, whether it is booked or still waits to be decided. Null where there is none.
create or replace function take_exact_entry_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  own_day date := (l.completed_at at time zone 'Africa/Nairobi')::date;
begin
  -- another export may name the account of the same line differently, or not at all
  if exists (select from float_entry_lines x where x.line_key = p_key)
    or exists (select from float_entry_lines x where x.receipt = l.receipt and x.kind = p_kind and x.shortcode = p_shortcode and x.line_cents = l.amount_cents
      and not exists (select from statement_lines o where o.statement_id = s.id and o.line_key = x.line_key)) then return 'known'; end if;

  select * into entry from float_entries e
  where e.shortcode = p_shortcode and e.kind = p_kind and e.amount_cents = l.amount_cents and e.line_key is null and e.state in ('asked', 'booked')
    and e.occurred_on between own_day - 3 and own_day + 3 and not exists (select from float_entry_lines x where x.entry_id = e.id)
  order by e.state = 'booked' desc, abs(e.occurred_on - own_day), e.id limit 1 for update;
  if not found then return null; end if;
  update float_entries set line_key = p_key, receipt = l.receipt where id = entry.id;
  insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
  values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, l.amount_cents);
  if entry.state = 'booked' then
    perform date_entry_part_1(entry, l.completed_at, l.amount_cents);
    return 'agrees';
  end if;
  perform book_float_entry_1(entry.id, s.decided_by, l.completed_at, case when p_kind = 'top_up' then 'statement' end, p_now);
  return 'booked';
end $$;
--> statement-breakpoint
-- Books what a line tells of the organisation's own money at a short code, once. What people have booked of it is this line's: the entry of its days with its amount, else
-- what the entries that explain the balance of its time have, and no other line has told. Only the rest is booked for the line. The entry's accounts are those of
-- book_float_entry_1.
create or replace function book_own_money_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  own_day date := (l.completed_at at time zone 'Africa/Nairobi')::date;
  rest bigint := l.amount_cents;
  part bigint;
  exact text := take_exact_entry_1(s, l, p_key, p_shortcode, p_kind, p_now);
begin
  if exact is not null then return exact; end if;
  for entry in
    select * from float_entries e
    where e.shortcode = p_shortcode and e.kind = p_kind and e.line_key is null and e.state = 'booked' and case
      when e.explains_from is not null then l.completed_at > e.explains_from and l.completed_at <= e.occurred_at + interval '1 minute'
      -- charges may be entered as the sum of a month
      else e.occurred_on between own_day - 3 and own_day + case p_kind when 'charge' then 31 else 3 end end
    order by e.occurred_on, e.id for update
  loop
    part := least(rest, entry.amount_cents - (select coalesce(sum(x.cents), 0) from float_entry_lines x where x.entry_id = entry.id));
    continue when part <= 0;
    insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
    values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, part);
    perform date_entry_part_1(entry, l.completed_at, part);
    rest := rest - part;
    exit when rest = 0;
  end loop;
  if rest = 0 then return 'agrees'; end if;

  entry.id := new_id_1();
  insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at, line_key, receipt)
  values (entry.id, p_shortcode, p_kind, rest, own_day, 'asked', s.uploaded_by, s.uploaded_at, p_key, l.receipt);
  insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
  values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, rest);
  perform book_float_entry_1(entry.id, s.decided_by, l.completed_at, case when p_kind = 'top_up' then 'statement' end, p_now);
  return 'booked';
end $$;
--> statement-breakpoint
-- Before a line uses up what entries of other amounts have, each line of a statement takes the entry of its own amount.
create or replace function take_exact_entries_1(s statements, p_now timestamptz) returns void language plpgsql as $$
declare
  l statement_lines;
begin
  for l in
    select x.* from statement_lines x where x.statement_id = s.id and x.finding in ('charge', 'sweep', 'top_up')
      and exists (select from float_entries e where e.amount_cents = x.amount_cents and e.line_key is null and e.state in ('asked', 'booked')) order by x.n
  loop
    if l.own_party is not null then
      perform take_exact_entry_1(s, l, l.line_key || ':other leg', l.own_party, case l.kind when 'top_up' then 'sweep' else 'top_up' end, p_now);
    end if;
    update statement_lines x set verdict = take_exact_entry_1(s, l, l.line_key, s.shortcode, l.kind, p_now) where x.statement_id = s.id and x.n = l.n;
  end loop;
end $$;
--> statement-breakpoint
-- Settles the next lines of a statement that a second person has signed: customers' payments are proved or booked (settle-receipt.sql has the rule), a payout learns its
-- receipt, the organisation's own money is booked. Yields the deposits that can be allocated. Safe to repeat, at the same time as itself and as other statements.
create or replace function settle_lines_1(p_statement uuid, p_limit int, p_now timestamptz) returns table ("depositId" uuid) language plpgsql as $$
declare
  s statements;
  l statement_lines;
  r record;
  upto int;
  says text;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found then return; end if;
  upto := least(s.done + p_limit, s.line_count);
  for r in
    select * from settle_receipts_1('statement', (
      select coalesce(jsonb_agg(proof_of_line_1(s, x)), '[]')
      from statement_lines x
      where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation')), p_now)
  loop
    update statement_lines x set verdict = r.verdict
    where x.statement_id = s.id and x.receipt = r.receipt and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
    "depositId" := r."depositId";
    if "depositId" is not null then return next; end if;
  end loop;

  perform take_off_own_lines_1(s, case s.done when 0 then s.line_count else upto end, p_now);
  perform lock_receipt_1(x.receipt) from (select y.receipt from statement_lines y
    where y.statement_id = s.id and y.n > s.done and y.n <= upto and y.finding in ('sweep', 'top_up') order by y.receipt) x;
  perform take_off_own_lines_1(s, upto, p_now); -- what was told meanwhile

  -- a line is booked by one statement; the locks of all short codes that it is about, in one order
  perform pg_advisory_xact_lock(hashtextextended('float:' || c.code, 0)) from (
    select s.shortcode as code union select x.own_party from statement_lines x where x.statement_id = s.id and x.n > s.done and (x.n <= upto or s.done = 0) and x.own_party is not null order by 1) c;
  if s.done = 0 then perform take_exact_entries_1(s, p_now); end if;
  for l in
    select x.* from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto
      and (x.finding in ('charge', 'sweep', 'top_up', 'unresolved') or x.finding = 'names' and x.direction = 'out') order by x.n
  loop
    if l.finding = 'unresolved' then -- its end is asked for again at once
      update withdrawals w set query_due_at = p_now where w.id = l.movement_id and w.state in ('dispatched', 'unknown');
      continue;
    end if;
    if l.finding = 'names' then
      perform lock_receipt_1(l.receipt);
      update withdrawals w set receipt = l.receipt where w.id = l.movement_id and w.receipt is null and not exists (select from withdrawals o where o.receipt = l.receipt)
        and not exists (select from deposits d where d.receipt = l.receipt);
      update statement_lines x set verdict = case when found then 'names' else 'known' end where x.statement_id = s.id and x.n = l.n;
    else
      says := book_line_1(s, l, p_now);
      update statement_lines x set verdict = case says when 'known' then coalesce(l.verdict, says) else says end where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;
  update statements set done = upto where id = s.id;
end $$;
--> statement-breakpoint
-- A reversal was paid whose receipt is another movement than was thought: that movement has come and gone. What was taken for it out of a sale was the money of another
-- deposit, which stays and is the customer's; out of where money waits, it is put back there. What has been used meanwhile is not there any more: whoever has it owes it, with a task.
create or replace function settle_moved_reversal_1(p_payout uuid, p_of uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
  d deposits; -- what was reversed
  place text;
  there bigint;
begin
  select * into o from payouts where id = p_payout;
  select * into d from deposits where id = o.subject::uuid for update;
  if d.attempt_id is not null or d.merged_into is not null or d.taken_back_at is not null or d.amount_cents <> o.amount_cents then return; end if;
  if d.confirmed_at is null then -- what Safaricom has reversed has come
    update deposits set receipt_proved_at = coalesce(receipt_proved_at, p_now), confirmation_due_at = null where id = d.id;
    perform prove_money_1(d.id, p_now);
  end if;
  place := case when d.allocated_at is null then 'clearing' else parked_in_1(d) end;
  if place = o.source_account or o.source_account not in ('refunds', 'customer_credit', 'suspense') then return; end if;
  if place is null and (o.source_account <> 'refunds' or p_of is null) then return; end if;
  there := case
    when place is null then 0
    when place = 'suspense' then greatest(0, d.amount_cents + (select coalesce(sum(u.amount_cents), 0) from unmatches u where u.deposit_id = d.id)
      - (select coalesce(sum(m.amount_cents), 0) from matches m where m.deposit_id = d.id))
    else d.amount_cents end;
  if place <> 'clearing' and there > 0 then perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', there, p_now); end if;
  if there < d.amount_cents then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), 'receivables', 'clearing', d.amount_cents - there, p_now);
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;
  if o.source_account = 'refunds' then
    perform book_1('swapped', p_of, next_leg_1('swapped', p_of), 'clearing', 'customer_credit', d.amount_cents, p_now);
    perform open_task_1('surplus_payment', p_of::text, p_now);
  elsif o.source_account = 'customer_credit' then
    perform book_1('surplus', d.id, next_leg_1('surplus', d.id), 'clearing', 'customer_credit', d.amount_cents, p_now);
  else
    perform book_1('suspense', d.id, next_leg_1('suspense', d.id), 'clearing', 'suspense', d.amount_cents, p_now);
  end if;
  update deposits set allocated_at = coalesce(allocated_at, p_now), allocation_due_at = null, held_until = null where id = d.id;
  perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'It was reversed.', p_now);
end $$;
--> statement-breakpoint
-- Books what signed statements show as given back by somebody in the portal of the receipt that a deposit has, as far as it is not booked: it has left the float, and whoever
-- it was given back to owes it until it is taken back where it stands. It is booked back where the deposit has that receipt no more, or its money is only told. What nobody has
-- allocated yet pays for nothing: it is taken back at once. Ask under the deposit's lock.
create or replace function book_reversed_1(p_deposit uuid, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  float text;
  booked bigint;
  left_cents bigint;
begin
  select * into d from deposits where id = p_deposit;
  if d.taken_back_at is not null then return 'taken_back'; end if;
  select coalesce(sum(case when t.credit_account like 'paybill_float%' then t.amount_cents else -t.amount_cents end), 0) into booked
  from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = d.id::text;
  if booked = 0 and d.reversed_elsewhere_at is null then return null; end if;
  float := case when d.shortcode is null then 'paybill_float' else own_account_1('paybill_float', d.shortcode) end;
  -- in doubt whose it is, it is not in the float
  left_cents := case when d.confirmed_at is null or d.merged_into is not null then 0 else coalesce(d.reversed_elsewhere_cents, 0) end - booked;
  if left_cents < 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), float, 'receivables', -left_cents, p_now); end if;
  if d.confirmed_at is not null and d.merged_into is null and d.allocated_at is null and d.reversed_elsewhere_cents = d.amount_cents then
    if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'clearing', float, left_cents, p_now); end if;
    if booked > 0 then perform book_1('taken_back', d.id, next_leg_1('taken_back', d.id), 'clearing', 'receivables', booked, p_now); end if;
    perform close_tasks_1(array['statement_reversed'], d.receipt, 'It pays for nothing any more: taken back.', p_now);
    update deposits set taken_back_at = p_now, allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    update payments set status = 'reversed', failure_code = 'reversed_elsewhere' where id = d.payment_id and counted_deposit_id = d.id and status = 'paid';
    if found then perform record_1('payment_reversed', d.payment_id, 'paid', 'reversed', p_now); end if;
    return 'taken_back';
  end if;
  if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'receivables', float, left_cents, p_now); end if;
  return 'locked';
end $$;
--> statement-breakpoint
-- An earlier release left what statements show of a receipt on the deposit that had lost it, beside the one that has it now. It is taken off there, and booked back; what a
-- person had taken back for it is opened anew. The lines of the statements say whose it is. Safe to repeat.
create or replace function mend_copied_reversals_1(p_now timestamptz) returns int language plpgsql as $$
declare
  d deposits;
  again deposits;
  mended int := 0;
begin
  for d in
    select c.* from deposits c join deposits o on o.reversal_receipt = c.reversal_receipt and o.id <> c.id and o.merged_into is null
      join statement_lines l on l.receipt = c.reversal_receipt and l.finding = 'reversed' and l.direction = 'out' and coalesce(l.linked_receipt, l.receipt) = o.receipt
    where c.merged_into is null and c.reversed_elsewhere_at is not null and o.reversed_elsewhere_at is not null order by c.id
  loop
    continue when exists (select from deposits x where x.id = d.id and x.reversed_elsewhere_at is null);
    mended := mended + 1;
    update deposits set reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null where id = d.id;
    if d.taken_back_at is null then
      perform book_reversed_1(d.id, p_now);
    else
      again := d; again.id := new_id_1(); again.taken_back_at := null; again.allocated_at := null; again.allocation_due_at := p_now; again.held_until := null; again.settled_at := p_now;
      again.reversed_elsewhere_at := null; again.reversed_elsewhere_cents := null; again.reversal_receipt := null;
      update deposits set receipt = null, attempt_id = null, merged_into = again.id where id = d.id;
      perform open_after_all_1(again, p_now);
    end if;
  end loop;
  return mended;
end $$;
--> statement-breakpoint
-- What no credit note has taken back of an invoice: all of it as it was sold, or one line a class. Null where there is no invoice.
create or replace function rest_of_invoice_1(invoice invoices, p_language text) returns invoices language plpgsql stable as $$
declare
  rest invoices := invoice;
begin
  if not exists (select from invoices n where n.credits_id = invoice.id) then return rest; end if;
  select invoice.total_cents - sum(n.total_cents), invoice.rounding_cents - sum(n.rounding_cents) into rest.total_cents, rest.rounding_cents
  from invoices n where n.credits_id = invoice.id;
  select jsonb_agg(jsonb_build_object('vatClass', class, 'basisPoints', basis_points, 'netCents', net::text, 'vatCents', vat::text) order by class) filter (where net + vat > 0)
  into rest.vat
  from (
    select v ->> 'vatClass' as class, max((v ->> 'basisPoints')::int) as basis_points, sum(sign * (v ->> 'netCents')::bigint) as net, sum(sign * (v ->> 'vatCents')::bigint) as vat
    from (select 1 as sign, invoice.vat as rows union all select -1, n.vat from invoices n where n.credits_id = invoice.id) i, jsonb_array_elements(i.rows) v group by 1
  ) left_over;
  select jsonb_agg(jsonb_build_object('sku', 'refund', 'name', case p_language when 'sw' then 'Pesa zilizorudishwa' else 'Given back' end, 'quantity', 1,
    'unitCents', cents::text, 'grossCents', cents::text, 'vatClass', v ->> 'vatClass')) into rest.lines
  from jsonb_array_elements(rest.vat) v, lateral (select (v ->> 'netCents')::bigint + (v ->> 'vatCents')::bigint as cents) gross;
  return rest;
end $$;
--> statement-breakpoint
-- Takes money that is not there back off the books: what was refuted, and what a signed statement shows as given back whole in the portal, wherever it stands: suspense, the customer's credit, a sale with its VAT, a booking's escrow, savings. What was released or spent
-- meanwhile becomes a receivable with a task: no balance goes below zero silently. Repayments of loans are reversed before (take-back-deposit.ts), into suspense. The
-- payment is `reversed` and never open again; its invoice gets a credit note. Returns false when the deposit is neither, or was taken back before.
create or replace function take_back_1(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
  from_account text; -- what it is not in: told money; for what was given back, whoever owes it (reverse-elsewhere.sql)
  given_back boolean;
  place record;
  holds bigint;
  leg int := 0;
  left_cents bigint;
  paid uuid[]; -- payments that it may count for
  sources text[]; -- whose transfers moved its money
  payment payments;
  other deposits;
  invoice invoices;
  rest invoices; -- what no credit note has taken back of it
  note uuid;
begin
  perform from payments where id = (select payment_id from deposits where id = p_deposit) for update;
  select * into d from deposits where id = p_deposit and taken_back_at is null
    and (refuted_at is not null and confirmed_at is null or reversed_elsewhere_cents = amount_cents and confirmed_at is not null) for update;
  if not found then return false; end if;
  given_back := d.confirmed_at is not null;
  if given_back then perform book_reversed_1(d.id, p_now); end if;
  from_account := case when given_back then 'receivables' when d.shortcode is null then 'paybill_float' else own_account_1('paybill_told', d.shortcode) end;
  left_cents := d.amount_cents;
  paid := d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null);

  -- what was bought with it stays bought where other money for the same came: it waits in the customer's credit
  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.status = 'paid' and p.purpose in ('order', 'donation', 'booking_fee') and d.allocated_at is not null
    order by p.id for update
  loop
    for other in select * from deposits o where o.payment_id = payment.id and o.id <> d.id and o.refuted_at is null and o.merged_into is null and o.reversed_elsewhere_at is null
      and o.amount_cents >= payment.amount_cents order by o.confirmed_at, o.settled_at, o.id for update
    loop
      if stands_in_1(other) = 'customer_credit' then
        perform swap_counted_1(payment, d, other, p_now);
        exit;
      end if;
    end loop;
  end loop;

  -- where this deposit's money stands: by its own transfers, those of what it was matched to and taken back from and of the hold of its booking; of what it counts for the sale,
  -- whichever deposit was sold first, less what was credited of it
  sources := array(select d.id::text union all select m.id::text from matches m where m.deposit_id = d.id union all select u.id::text from unmatches u where u.deposit_id = d.id
    union all select p.id::text from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose = 'booking_fee');
  for place in
    with moved as (
      select t.credit_account as account, t.amount_cents from transfers t where t.source_id = any(sources) and t.kind <> 'sale'
      union all select t.debit_account, -t.amount_cents from transfers t where t.source_id = any(sources) and t.kind <> 'sale'
      union all select l.account, l.cents from payments p, sale_legs_1(p, p.settled_at) l where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
        and exists (select from invoices i where i.payment_id = p.id and i.kind <> 'credit_note')
      union all select t.debit_account, -t.amount_cents from payments p join payouts o on o.payment_id = p.id join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
    )
    select account, sum(amount_cents)::bigint as cents from moved
    where account <> 'clearing' and account not like 'paybill_%' group by account having sum(amount_cents) > 0 order by account
  loop
    exit when left_cents = 0;
    perform from accounts where id = place.account for no key update;
    holds := case when place.account like 'savings:%' or place.account in ('booking_escrow', 'booking_payable', 'customer_credit', 'suspense') then greatest(0, -held_1(place.account))
      else place.cents end;
    -- what was given back of it, or paid on, is not there any more
    holds := least(holds, place.cents - (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject = any(sources) and o.source_account = place.account and o.state not in ('declined', 'rejected')), left_cents);
    if place.account = 'booking_escrow' and not exists (select from bookings b join payments p on p.id = b.id where p.id = any(paid) and p.counted_deposit_id = d.id and b.state in ('held', 'disputed')) then
      holds := 0; -- it was released
    end if;
    if holds > 0 then
      leg := leg + 1;
      left_cents := left_cents - holds;
      perform book_1('taken_back', d.id, leg, place.account, from_account, holds, p_now);
      perform promise_notice_1('savings_taken_back', d.id, null, a.member_id, false, p_now) from member_accounts a where place.account = 'savings:' || a.id;
    end if;
  end loop;
  if left_cents > 0 then
    if not given_back then perform book_1('taken_back', d.id, leg + 1, 'receivables', from_account, left_cents, p_now); end if;
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id for update loop
    update payments set status = 'reversed', failure_code = case when given_back then 'reversed_elsewhere' else 'refuted' end where id = payment.id;
    perform record_1('payment_reversed', payment.id, payment.status, 'reversed', p_now);
    update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = payment.id and state in ('held', 'disputed');
    if found then perform record_1('booking_expired', payment.id, 'held', 'expired', p_now); end if;
    select * into invoice from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note';
    rest := rest_of_invoice_1(invoice, payment.language);
    if rest.total_cents > 0 then
      note := new_id_1();
      insert into invoices (id, payment_id, kind, credits_id, lines, vat, total_cents, rounding_cents, created_at)
      values (note, payment.id, 'credit_note', invoice.id, rest.lines, rest.vat, rest.total_cents, rest.rounding_cents, p_now);
      if payment.email is not null then perform promise_1('credit_note:' || d.id, jsonb_build_object('kind', 'invoice_email', 'invoiceId', note), p_now); end if;
    end if;
  end loop;
  update deposits set taken_back_at = p_now where id = d.id;
  perform close_tasks_1(array['deposit_refuted', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs', 'unidentified_deposit', 'underpaid_deposit', 'surplus_payment'],
    d.id::text, 'Taken back.', p_now);
  if given_back then perform close_tasks_1(array['statement_reversed'], d.receipt, 'Taken back.', p_now); end if;
  return true;
end $$;
--> statement-breakpoint
-- What the releases before 0033 left: a reversal that stands on two deposits.
select mend_copied_reversals_1(now());
