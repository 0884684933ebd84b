-- Settles the proof that this much came to us under a receipt. A proof is the answer to a status question of ours (about a receipt that we know), a line of a pull, or a line
-- of a statement that a person has signed off. The money is proved where it stands; a proved receipt first fills a nameless success, and then takes the place of a receipt that
-- is only told. `p_times` holds the readings of a time whose clock is not certain. Payer and time are what the proof says, and unknown where it does not say: a notice may have
-- lied about both. proves: it was reported before. fills: it is the receipt of a success that had none. displaces: a success had another receipt by a guess. arrives: nobody
-- had reported it, or a notice had reported it for something else. doubted: it may be the receipt of a prompt's success that has none, but it was spent on something else, or
-- reported with other words; it stays told until that success has a receipt.
create function settle_receipt_2(
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
  other_payer boolean := false; -- than was reported
  elsewhere boolean;        -- a statement of another short code of ours has it
  says_payer boolean := p_payer_hash is not null or p_payer_tail is not null;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  select * into payment from payments where reference = p_reference;
  select * into known from deposits where receipt = p_receipt;
  perform from payments where id in (payment.id, known.payment_id) order by id for update;
  select * into known from deposits where receipt = p_receipt for update;

  if is_paid_out_1(p_receipt) or known.id is null and is_own_money_1(p_receipt) then verdict := 'own_payout'; return; end if;
  if known.taken_back_at is not null and known.confirmed_at is null and p_source in ('pull', 'statement') then
    -- a list says what it was for: where it belongs is looked for again
    gone := known.id;
    update deposits set receipt = null where id = gone;
    known := null;
  end if;
  if p_opens and known.amount_cents <> p_amount and known.receipt_proved_at is null and known.tied_by in ('reference', 'payer', 'time') then -- no prompt's name: it brought another amount
    perform lock_group_1(known.amount_cents);
    lost := free_receipt_2(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
  end if;
  if known.id is not null and known.amount_cents <> p_amount then
    if known.receipt_proved_at is not null or known.attempt_id is not null then verdict := 'amount_differs'; perform open_task_1('evidence_amount_differs', p_receipt, p_now); return; end if;
    if not p_opens then verdict := 'amount_differs'; return; end if;
    -- reported with another amount than came: that one was a lie
    d := known; d.id := new_id_1(); d.moved_at := null; d.payer_name := null; d.payer_phone := null; d.payer_hash := null; d.payer_tail := null;
    d.reversed_elsewhere_at := null; d.reversed_elsewhere_cents := null; d.reversal_receipt := null;
    perform merge_deposit_2(known.id, d.id, p_now);
    perform open_task_1('evidence_amount_differs', p_receipt, p_now);
    known := null;
  end if;
  elsewhere := p_source = 'statement' and known.shortcode <> p_shortcode;
  if known.tied_by in ('reference', 'payer', 'time') and (elsewhere or is_not_its_name_1(known, payment, p_standing, p_payer_hash, p_payer_tail)) then
    lost := free_receipt_2(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
    if known.attempt_id is null then -- it is proved, and its payer known, before the success that lost it looks for another
      other_payer := payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail,
        receipt_proved_at = coalesce(receipt_proved_at, p_now), shortcode_by_list = coalesce(nullif(elsewhere, false), shortcode_by_list)
      where id = known.id;
    end if;
  end if;
  if known.attempt_id is null and known.taken_back_at is not null and known.confirmed_at is not null then -- reversed in the portal, and taken back
    if lost is not null then perform name_again_2(lost, p_now); end if;
    verdict := 'known';
    return;
  end if;
  if known.id is not null and p_source in ('pull', 'statement') then
    told := known;
    bought := stands_in_2(told) = 'spent';
    known := correct_words_2(told, payment, p_standing, p_typed, p_prompts, p_source, p_now);
    bought := bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing or known.may_echo <> told.may_echo);
  end if;
  if lost is not null then perform name_again_2(lost, p_now); end if;
  if known.receipt_proved_at is not null and known.confirmed_at is not null and (known.attempt_id is not null or known.allocated_at is not null) and not bought then
    verdict := 'known';
    perform place_2(known, p_source, p_shortcode, p_now);
    if known.attempt_id is null and known.taken_back_at is null and p_payer_phone is not null then -- the first proof may have named no payer, or less of them
      if payer_contradicts_1(known, p_payer_hash, p_payer_tail) then perform open_task_1('receipt_payer_differs', known.id::text, p_now); end if;
      d := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = d.payer_name, payer_phone = d.payer_phone, payer_hash = d.payer_hash, payer_tail = d.payer_tail where id = known.id;
    end if;
    if p_source in ('pull', 'statement') and known.taken_back_at is null and cardinality(sure_times_1(known)) = 0 and times[1] not between known.moved_at - interval '5 minutes' and known.moved_at + interval '5 minutes'
      and coalesce(times[2] not between known.moved_at - interval '5 minutes' and known.moved_at + interval '5 minutes', true) then -- the first proof had no time
      update deposits set moved_at = times[1] where id = known.id;
      perform tell_moved_1(known.id, p_now);
    end if;
    return;
  end if;

  if known.id is not null then
    perform place_2(known, p_source, p_shortcode, p_now);
    select o.shortcode, o.shortcode_by_list into known.shortcode, known.shortcode_by_list from deposits o where o.id = known.id;
    if known.attempt_id is null then
      other_payer := other_payer or payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      if bought and not says_payer then -- whoever told other words than were typed is not believed about the payer either
        known.payer_name := null; known.payer_phone := null; known.payer_hash := null; known.payer_tail := null;
      end if;
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
    elsif known.tied_by = 'payer' and not says_payer then -- whose number it is a notice alone has said
      known.tied_by := 'time'; known.payer_hash := null; known.payer_tail := null;
    end if;
    known.receipt_proved_at := p_now;
    known.moved_at := case
      when exists (select from unnest(times || case when cardinality(times) = 0 then readings_1(p_receipt, array[known.moved_at], p_now) end) t
        where t between known.moved_at - interval '5 minutes' and known.moved_at + interval '5 minutes') then known.moved_at
      else coalesce(times[1], value_date_1(p_receipt, p_now)) end;
    update deposits set receipt_proved_at = p_now, confirmation_due_at = null, moved_at = known.moved_at,
      payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail, tied_by = known.tied_by
    where id = known.id;
    perform tell_moved_1(known.id, p_now);
    verdict := 'proves';
    if not says_payer and (known.payment_id is not null or p_source = 'status') then known.payer_hash := null; known.payer_tail := null; end if; -- what a notice alone has said of them keeps no receipt from its prompt
    near := case when cardinality(times) = 0 and p_source = 'status' then array[known.moved_at] else times end;
    if known.attempt_id is null and known.taken_back_at is null and (bought or stands_in_2(known) not in ('spent', 'gone')) then
      success := coalesce(find_place_2(known, near, false, '{}', p_now), find_guess_1(known, near), find_place_2(known, near, true, '{}', p_now), find_weaker_tie_1(known));
      if success is not null then
        verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
        if verdict = 'displaces' then success := free_receipt_2(success, p_now); end if;
        perform merge_deposit_2(known.id, success, p_now);
        perform name_deposit_2(success, known, null, p_now);
        perform clear_doubt_2((select n.attempt_id from deposits n where n.id = success), p_now);
        return;
      end if;
    end if;
    if bought and not known.may_echo and not is_matched_1(known.id) then
      -- the list has other words, and no person has said what it is for: the notice's words were a lie, and what they bought is taken back. Where a list has none, it contradicts none
      d := known; d.id := new_id_1();
      perform merge_deposit_2(known.id, d.id, p_now);
      known := null;
    end if;
  end if;
  if known.id is not null then
    if bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing) then perform open_task_1('receipt_words_differ', known.id::text, p_now); end if;
    if other_payer and known.taken_back_at is null then perform open_task_1('receipt_payer_differs', known.id::text, p_now); end if;
    if known.attempt_id is null and known.taken_back_at is null and (not says_payer or (p_source = 'status' or known.may_echo) and cardinality(times) = 0) then
      if known.payer_hash is null then known.payer_phone := coalesce(p_payer_phone, known.payer_phone); end if;
      known.payer_hash := null; known.payer_tail := null; times := '{}'; -- see sure_times_1
      update deposits set payer_phone = known.payer_phone, payer_hash = null, payer_tail = null where id = known.id;
    end if;
    -- what a list says was typed makes it another movement than a prompt's; what a notice alone has said does not
    if known.attempt_id is null and known.taken_back_at is null and (p_source = 'status' or known.may_echo) then
      doubt := find_doubt_1(known, times);
      if doubt is not null then
        update deposits set echo_of = doubt where id = known.id;
        perform open_task_1('receipt_doubted', known.id::text, p_now);
        verdict := 'doubted';
        return;
      end if;
    end if;
    perform prove_money_2(known.id, p_now);
    if known.attempt_id is not null then perform clear_doubt_2(known.attempt_id, p_now); end if;
    if known.held_until is null then perform count_deposit_2(known.id, p_now); end if;
    "depositId" := (select id from deposits where receipt = p_receipt and allocated_at is null and (held_until is null or held_until <= p_now));
    return;
  end if;

  if not p_opens then verdict := 'unknown'; return; end if;
  d.id := coalesce(d.id, new_id_1()); d.source := p_source; d.attempt_id := null; d.payment_id := payment.id; d.amount_cents := p_amount; d.receipt := p_receipt;
  d.shortcode := p_shortcode; d.shortcode_by_list := nullif(p_source = 'pull', false); d.standing := case when payment.id is null then (select s.typed from standing_references s where s.typed = p_standing) end;
  d.may_echo := p_prompts and payment.id is null and p_typed is null;
  d.typed_reference := coalesce(p_typed, d.typed_reference); d := payer_by_proof_1(d, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
  d.payer_name := coalesce(d.payer_name, p_payer_name); d.payer_phone := coalesce(d.payer_phone, p_payer_phone); d.moved_at := coalesce(times[1], d.moved_at);
  d.settled_at := p_now; d.receipt_proved_at := p_now; d.tied_by := null; d.refuted_at := null; d.confirmed_at := p_now;
  d.allocated_at := null; d.confirmation_due_at := null; d.echo_of := null; d.held_until := null;

  success := coalesce(find_place_2(d, times, false, '{}', p_now), find_guess_1(d, times), find_place_2(d, times, true, '{}', p_now), find_weaker_tie_1(d));
  if success is not null then
    verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
    if verdict = 'displaces' then success := free_receipt_2(success, p_now); end if;
    perform name_deposit_2(success, d, null, p_now);
    perform clear_doubt_2((select n.attempt_id from deposits n where n.id = success), p_now);
    update deposits set merged_into = success where id = gone;
    return;
  end if;
  verdict := 'arrives';
  if d.moved_at is null then
    d.moved_at := value_date_1(p_receipt, p_now);
    if p_source <> 'status' then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
  end if;
  doubt := find_held_place_2(d, times, p_now);
  if doubt is not null then -- told, until it is decided whether what stands in its place is given back
    d.confirmed_at := null; d.echo_of := doubt; d.allocation_due_at := p_now;
    perform open_deposit_1(d, p_now);
    update deposits set merged_into = d.id where id = gone;
    perform open_task_1('receipt_doubted', d.id::text, p_now);
    verdict := 'doubted';
    "depositId" := d.id;
    return;
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
    perform count_deposit_2(d.id, p_now);
    "depositId" := d.id;
  end if;
end $$;
