-- Whether a proof names another payer than was reported: the phone numbers differ in the digits that both show.
create function payer_contradicts_1(d deposits, p_hash text, p_tail text) returns boolean language sql immutable return
  coalesce(d.payer_hash <> p_hash, d.payer_tail <> p_tail, false);
--> statement-breakpoint

-- A line of a pull or a statement says what was truly typed, and a notice may have lied about it. Corrects the deposit as long as nothing was bought with it. If something was,
-- the stored words stay, and only the returned value has those of the line.
create function correct_words_2(
  d deposits, payment payments, p_standing text, p_typed text, p_prompts boolean, p_source text, p_now timestamptz
) returns deposits language plpgsql as $$
declare
  place text := stands_in_2(d);
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
  perform unpay_2(d, p_now);
  update deposits set source = p_source, payment_id = payment.id, may_echo = echoes, standing = own_standing, typed_reference = p_typed,
    held_until = p_now, allocated_at = null, allocation_due_at = p_now
  where id = d.id returning * into d;
  return d;
end $$;
--> statement-breakpoint

-- Whether a proof says that a receipt which a success has by a guess is another movement's: the list names something else of ours, or the payer is not
-- the one who was prompted.
create function is_not_its_name_1(d deposits, payment payments, p_standing text, p_payer_hash text, p_payer_tail text) returns boolean language sql stable as $$
  select payment.id <> d.payment_id or payment.id is null and exists (select from standing_references s where s.typed = p_standing)
    or not (select may_be_from_1(a, p_payer_hash, p_payer_tail) from attempts a where a.id = d.attempt_id)
$$;
