-- Settles what a C2B notice says. A notice proves nothing: all come to one address, so whoever knows it can say anything. Each receipt is booked once, as told money. A notice
-- that may be the echo of a prompt is booked too, but not allocated until the prompt's callback has named its receipt or the prompt has ended. arrives: new told money. ties:
-- the receipt of a success that a query reported. known: told or proved before. All other verdicts are quarantined: the notice is kept, and nothing is booked.
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
