-- What ties a receipt to a prompt, surest first: the payment's reference, the payer, or the time alone.
create function tie_of_1(d deposits, attempt attempts) returns text language sql immutable return
  case when d.payment_id = attempt.payment_id then 'reference'
    when d.payer_hash = attempt.phone_hash or d.payer_tail = attempt.phone_tail then 'payer'
    else 'time' end;
--> statement-breakpoint

-- A success gets a receipt, and what the receipt's source says of the payer. The receipt counts as proved only if it was proved itself: the success lends it no proof.
create function name_deposit_2(p_deposit uuid, d deposits, p_tied_by text, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits n set receipt = d.receipt, receipt_proved_at = d.receipt_proved_at,
    tied_by = coalesce(p_tied_by, (select tie_of_1(d, a) from attempts a where a.id = n.attempt_id)),
    typed_reference = coalesce(d.typed_reference, n.typed_reference), payer_name = coalesce(d.payer_name, n.payer_name),
    payer_phone = coalesce(d.payer_phone, n.payer_phone), payer_hash = coalesce(d.payer_hash, n.payer_hash), payer_tail = coalesce(d.payer_tail, n.payer_tail),
    moved_at = coalesce(d.moved_at, n.moved_at), may_echo = d.may_echo,
    reversed_elsewhere_at = d.reversed_elsewhere_at, reversed_elsewhere_cents = d.reversed_elsewhere_cents, reversal_receipt = d.reversal_receipt,
    confirmation_tries = 0, confirmation_due_at = case when d.receipt_proved_at is null then p_now + interval '2 minutes' end
  where n.id = p_deposit;
  perform tell_moved_1(p_deposit, p_now);
  if d.reversed_elsewhere_at is not null then perform book_reversed_2(p_deposit, p_now); end if;
  perform close_tasks_1(array['receipt_missing'], p_deposit::text, 'Its receipt is known.', p_now);
end $$;
--> statement-breakpoint

-- A success loses its receipt, and what the receipt's source has said of the payer.
create function unname_deposit_1(p_deposit uuid) returns void language plpgsql as $$
begin
  update deposits set receipt = null, receipt_proved_at = null, tied_by = null, confirmation_due_at = null, payer_name = null, payer_phone = null, payer_hash = null, payer_tail = null,
    reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null
  where id = p_deposit;
end $$;
--> statement-breakpoint

-- The receipt that a success has by a guess, as a movement of its own again: proved if the receipt is, else told. What is known of the receipt alone (that
-- it was reversed) goes with it.
create function as_freed_1(own deposits, p_now timestamptz) returns deposits language plpgsql as $$
declare
  freed deposits := own;
begin
  freed.id := new_id_1(); freed.taken_back_at := null; freed.source := 'c2b'; freed.attempt_id := null; freed.tied_by := null; freed.confirmed_at := own.receipt_proved_at;
  if own.tied_by <> 'reference' then freed.payment_id := null; end if;
  freed.confirmation_due_at := case when own.receipt_proved_at is null then p_now end;
  freed.settled_at := p_now; freed.allocated_at := null; freed.allocation_due_at := p_now; freed.echo_of := null; freed.held_until := null;
  return freed;
end $$;
--> statement-breakpoint

-- Makes the receipt that a success had by a guess a movement of its own again, or the receipt of another success. If it was reversed in the portal and taken back already, its
-- row stays that movement, and the success is booked again in a new row. Returns the row of the success.
create function free_receipt_2(p_deposit uuid, p_now timestamptz) returns uuid language plpgsql as $$
declare
  own deposits;
  freed deposits;
  nameless uuid;
begin
  select * into own from deposits where id = p_deposit;
  freed := as_freed_1(own, p_now);
  if own.taken_back_at is not null then
    update deposits set source = 'c2b', attempt_id = null, tied_by = null where id = own.id;
    own.id := freed.id; own.receipt := null; own.receipt_proved_at := null; own.tied_by := null; own.confirmation_due_at := null; own.taken_back_at := null; own.allocated_at := null;
    own.payer_name := null; own.payer_phone := null; own.payer_hash := null; own.payer_tail := null; own.reversed_elsewhere_at := null; own.reversed_elsewhere_cents := null;
    own.reversal_receipt := null; own.settled_at := p_now; own.confirmed_at := p_now; own.allocation_due_at := p_now;
    perform open_deposit_1(own, p_now);
    return own.id;
  end if;
  nameless := find_place_2(freed, array[freed.moved_at], false, array[own.id], p_now);
  perform unname_deposit_1(own.id);
  if nameless is not null then
    perform name_deposit_2(nameless, freed, own.tied_by, p_now);
    perform take_reversal_along_2(own.id, nameless, p_now);
  else
    perform open_deposit_1(freed, p_now);
    perform take_reversal_along_2(own.id, freed.id, p_now);
    if freed.reversed_elsewhere_at is not null then perform book_reversed_2(freed.id, p_now); end if;
  end if;
  if own.reversed_elsewhere_at is not null then perform book_reversed_2(own.id, p_now); end if;
  return own.id;
end $$;
--> statement-breakpoint

-- Looks for another receipt for a success that lost the one it had by a guess.
create function name_again_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  own deposits;
  attempt attempts;
  receipt deposits;
begin
  perform book_reversed_2(p_deposit, p_now); -- the receipt that it lost may have been reversed
  select * into own from deposits where id = p_deposit;
  if own.receipt is not null then return; end if; -- what its receipt's own prompt had by a guess has moved here
  select * into attempt from attempts where id = own.attempt_id;
  for receipt in select * from find_receipts_1(attempt, own.shortcode) loop
    if stands_in_2(receipt) <> 'spent' and merge_deposit_2(receipt.id, own.id, p_now) then
      perform name_deposit_2(own.id, receipt, null, p_now);
      return;
    end if;
  end loop;
  perform match_left_over_2(attempt, own.shortcode, p_now);
end $$;
--> statement-breakpoint

-- The success `own` has a receipt by a guess, but its callback names the receipt of `holder`, whose money has already paid for the same thing. The two swap: `holder` becomes
-- the money of the prompt, so that what was bought stays bought, and `own` becomes a movement of its own under the guessed receipt.
create function swap_names_2(
  own deposits, holder deposits, attempt attempts, p_proves_receipt boolean, p_moved_at timestamptz, p_now timestamptz
) returns void language plpgsql as $$
declare
  place text := stands_in_2(own);
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
  perform prove_money_2(holder.id, p_now);
  perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
  if own.receipt_proved_at is null and own.confirmed_at is not null then perform disprove_money_2(own, p_now); end if;
  if guessed <> 'reference' and place not in ('spent', 'gone') then -- only that guess said for what it was
    if place <> 'clearing' then
      perform book_1('claimed', own.id, next_leg_1('claimed', own.id), place, 'clearing', own.amount_cents, p_now);
      perform close_tasks_1(array['unidentified_deposit', 'surplus_payment'], own.id::text, 'Its money is another payment''s.', p_now);
    end if;
    update deposits set payment_id = null, allocated_at = null, allocation_due_at = p_now, held_until = null where id = own.id;
  end if;
  select * into own from deposits where id = own.id;
  nameless := find_place_2(own, array[own.moved_at], false, array[holder.id], p_now);
  if nameless is not null and merge_deposit_2(own.id, nameless, p_now) then perform name_deposit_2(nameless, own, null, p_now); end if;
  if p_proves_receipt then perform clear_doubt_2(attempt.id, p_now); end if;
end $$;
