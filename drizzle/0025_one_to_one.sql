
-- What a success has by a guess, as a movement of its own again: told, or proved if the receipt is.
create or replace function as_freed_1(own deposits, p_now timestamptz) returns deposits language plpgsql as $$
declare
  freed deposits := own;
begin
  freed.id := new_id_1(); freed.source := 'c2b'; freed.attempt_id := null; freed.tied_by := null; freed.confirmed_at := own.receipt_proved_at;
  if own.tied_by <> 'reference' then freed.payment_id := null; end if;
  freed.confirmation_due_at := case when own.receipt_proved_at is null then p_now end;
  freed.settled_at := p_now; freed.allocated_at := null; freed.allocation_due_at := p_now; freed.echo_of := null; freed.held_until := null;
  return freed;
end $$;
--> statement-breakpoint
-- A success has no receipt any more, and nothing that the receipt's source has said of the payer.
create or replace function unname_deposit_1(p_deposit uuid) returns void language plpgsql as $$
begin
  update deposits set receipt = null, receipt_proved_at = null, tied_by = null, confirmation_due_at = null, payer_name = null, payer_phone = null, payer_hash = null, payer_tail = null
  where id = p_deposit;
end $$;
--> statement-breakpoint
-- The receipt that a success had by a guess becomes a movement of its own again. It may be the name of another success.
create or replace function free_receipt_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  own deposits;
  freed deposits;
  nameless uuid;
begin
  select * into own from deposits where id = p_deposit;
  freed := as_freed_1(own, p_now);
  nameless := find_place_1(freed, array[freed.moved_at], false, array[own.id], p_now);
  perform unname_deposit_1(own.id);
  if nameless is not null then
    perform name_deposit_1(nameless, freed, own.tied_by, p_now);
  else
    perform open_deposit_1(freed, p_now);
  end if;
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
    if place is not null then perform free_receipt_1(place, p_now); end if;
  end if;
  if place is not null then return; end if;
  for n in
    select o.* from deposits o join attempts a on a.id = o.attempt_id
    where o.tied_by in ('reference', 'payer', 'time') and o.receipt is not null and o.merged_into is null and o.amount_cents = d.amount_cents
      and o.settled_at > p_now - interval '3 days' and o.shortcode is not distinct from d.shortcode and not o.id = any(p_seen)
      and (o.payment_id = d.payment_id or d.payment_id is null and d.may_echo and may_fit_1(a, p_times, d.receipt, d.payer_hash, d.payer_tail))
      and not exists (select from payouts p where p.subject = o.id::text and p.state not in ('declined', 'rejected'))
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
      perform name_deposit_1(place, freed, null, p_now);
      place := n.id;
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- A place for a receipt as make_place_1 finds it, without a look at what others have where no success lacks a receipt that is proved.
create or replace function find_place_1(d deposits, p_times timestamptz[], p_displaces boolean, p_seen uuid[], p_now timestamptz) returns uuid language plpgsql as $$
declare
  nameless uuid := find_nameless_1(d, p_times);
begin
  if nameless is not null then return nameless; end if;
  if d.payment_id is null and not d.may_echo then return null; end if;
  if not exists (select from deposits n where n.attempt_id is not null and n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.settled_at > p_now - interval '3 days')
    and not (p_displaces and exists (select from deposits n where n.tied_by in ('reference', 'payer', 'time') and n.receipt_proved_at is null and n.merged_into is null
      and n.amount_cents = d.amount_cents and n.settled_at > p_now - interval '3 days')) then return null; end if;
  return (select m.place from make_place_1(d, p_times, p_displaces, p_now, p_seen) m);
end $$;
--> statement-breakpoint
-- A success has no receipt, and none fits it that has no success: one that fits another success better, so that this one's moves here, may be there nevertheless.
create or replace function match_left_over_1(attempt attempts, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  times timestamptz[];
  success uuid;
begin
  for d in select o.* from deposits o
    where o.may_echo and o.attempt_id is null and o.payment_id is null and o.receipt is not null and o.merged_into is null and o.refuted_at is null and o.taken_back_at is null
      and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
      and o.moved_at between attempt.created_at - interval '6 hours' and attempt.created_at + interval '6 hours'
    order by o.receipt_proved_at is null, o.id
  loop
    if stands_in_1(d) = 'spent' then continue; end if;
    times := case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end;
    success := find_place_1(d, times, false, '{}', p_now);
    if success is not null and merge_deposit_1(d.id, success, p_now) then
      perform name_deposit_1(success, d, null, p_now);
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- A success that lost a receipt it had by a guess may have another one.
create or replace function name_again_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  own deposits;
  attempt attempts;
  receipt deposits;
begin
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
--> statement-breakpoint
-- Whether somebody else paid than was told: the numbers differ as far as both are shown.
create or replace function payer_contradicts_1(d deposits, p_hash text, p_tail text) returns boolean language sql immutable return
  coalesce(d.payer_hash <> p_hash, d.payer_tail <> p_tail, false);
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
    update deposits set receipt = null, merged_into = p_into where id = d.id;
    return true;
  end if;
  if place = 'spent' then
    update deposits set receipt = null, receipt_proved_at = null, refuted_at = p_now, confirmation_due_at = null where id = d.id;
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
    allocated_at = coalesce(allocated_at, p_now), refuted_at = case when p_into is null then p_now end, taken_back_at = case when p_into is null then p_now end
  where id = d.id;
  if exists (select from deposits o where o.id = p_into) then
    update payments set counted_deposit_id = p_into where counted_deposit_id = d.id and id = (select o.payment_id from deposits o where o.id = p_into);
  end if;
  update payments set status = 'expired', counted_deposit_id = null, settled_at = null where counted_deposit_id = d.id and status = 'paid';
  perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs',
    'receipt_doubted', 'receipt_payer_differs', 'receipt_told_twice'], d.id::text, 'The same movement as deposit ' || p_into || '.', p_now);
  return true;
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

  if exists (select from withdrawals w where w.receipt = p_receipt) then verdict := 'own_payout'; return; end if;
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
    perform free_receipt_1(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
  end if;
  if known.id is not null and p_source in ('pull', 'statement') then
    told := known;
    bought := stands_in_1(told) = 'spent';
    known := correct_words_1(told, payment, p_standing, p_typed, p_prompts, p_source, p_now);
    bought := bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing or known.may_echo <> told.may_echo);
  end if;
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
      other_payer := payer_contradicts_1(known, p_payer_hash, p_payer_tail);
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
    return;
  end if;
  verdict := 'arrives';
  if d.moved_at is null then
    d.moved_at := value_date_1(p_receipt, p_now);
    if p_source <> 'status' then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
  end if;
  select "echoOf", "heldUntil" into d.echo_of, d.held_until from find_prompts_1(d, p_now);
  d.allocation_due_at := coalesce(d.held_until, p_now);
  perform open_deposit_1(d, p_now);
  if d.held_until is null then
    perform count_deposit_1(d.id, p_now);
    "depositId" := d.id;
  end if;
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
  if d.may_echo then perform lock_group_1(p_amount); end if;
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
