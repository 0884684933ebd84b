-- A deposit turns out to be the same movement as `p_into`, or no movement at all (null). Its booking is undone by a transfer of its own, and its row counts for nothing. If
-- something was bought with it, that is not undone here: it returns false, and the deposit is locked until a person takes it back. It is taken back at once only if `p_into` is
-- given and it has repaid no loan.
create function merge_deposit_2(p_deposit uuid, p_into uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
  place text;
begin
  select * into d from deposits where id = p_deposit for update;
  place := stands_in_2(d);
  if place = 'gone' then
    update deposits set receipt = null, merged_into = p_into, reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null where id = d.id;
    return true;
  end if;
  if place = 'spent' and p_into is not null and undo_counter_sale_2(d.id, p_now) then
    place := 'clearing';
    d.allocated_at := null;
  end if;
  if place = 'spent' then
    update deposits set receipt = null, receipt_proved_at = null, refuted_at = p_now, confirmation_due_at = null, reversed_elsewhere_at = null, reversed_elsewhere_cents = null,
      reversal_receipt = null
    where id = d.id;
    if d.confirmed_at is not null then perform disprove_money_2(d, p_now); end if; -- what was proved of it is the other one's
    -- this one is certain to be another's: what has no loan in it is taken back at once
    if p_into is not null and not has_repaid_1(d.id) and take_back_2(d.id, p_now) then
      update deposits set merged_into = p_into where id = d.id;
      perform open_task_1('deposit_displaced', d.id::text, p_now);
    else
      perform open_task_1('deposit_refuted', d.id::text, p_now);
    end if;
    perform close_tasks_1(array['receipt_doubted', 'receipt_words_differ', 'receipt_payer_differs', 'receipt_told_twice'], d.id::text, 'Its receipt is another payment''s.', p_now);
    return false;
  end if;
  perform book_1('merged', d.id, 1, place, arrived_in_1(d), d.amount_cents, p_now);
  update deposits set merged_into = p_into, receipt = null, attempt_id = null, held_until = null, confirmation_due_at = null, allocation_due_at = null,
    allocated_at = coalesce(allocated_at, p_now), refuted_at = case when p_into is null then p_now end, taken_back_at = case when p_into is null then p_now end,
    reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null
  where id = d.id;
  if d.reversed_elsewhere_at is not null then perform book_reversed_2(d.id, p_now); end if;
  if exists (select from deposits o where o.id = p_into) then
    update payments set counted_deposit_id = p_into where counted_deposit_id = d.id and id = (select o.payment_id from deposits o where o.id = p_into);
  end if;
  perform unpay_2(d, p_now);
  perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs',
    'receipt_doubted', 'receipt_payer_differs', 'receipt_told_twice'], d.id::text, 'The same money as deposit ' || p_into || '.', p_now);
  return true;
end $$;
--> statement-breakpoint

-- Puts a counter sale that turns out to be the money of something else back into clearing. False when there is none, or when some of it was or is being refunded.
create function undo_counter_sale_2(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  sold record;
begin
  if is_leaving_1(p_deposit) then return false; end if;
  for sold in select * from over_counter_2(p_deposit) loop
    perform book_1('claimed', p_deposit, next_leg_1('claimed', p_deposit), sold.account, 'clearing', sold.cents, p_now);
    update deposits set allocated_at = null where id = p_deposit;
  end loop;
  return sold is not null;
end $$;
--> statement-breakpoint

-- Whether a person has paid exactly this payment with the whole of a deposit, which counts for it: what a source says of its prompt under that receipt is that very money.
create function is_paid_by_match_1(d deposits, p_payment uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from payments p where p.id = p_payment and p.counted_deposit_id = d.id and p.amount_cents = d.amount_cents)
    and match_for_1(d.id, p_payment, d.amount_cents) is not null and d.attempt_id is null and d.merged_into is null and d.taken_back_at is null;
end $$;
--> statement-breakpoint

-- Makes a deposit the money of an attempt, where it stands. If it is parked whole, or was sold over the counter, it goes back to clearing, to be allocated to the attempt's
-- payment. What a person has matched to that very payment stays as it is. False, and nothing is done, when it has paid for something else.
create function claim_deposit_3(d deposits, attempt attempts, p_tied_by text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  place text;
begin
  select * into d from deposits where id = d.id and attempt_id is null and merged_into is null and taken_back_at is null for update; -- it may have been allocated meanwhile
  if d.id is null then return false; end if;
  place := case when undo_counter_sale_2(d.id, p_now) then 'clearing' else stands_in_2(d) end;
  if place = 'spent' and d.payment_id is distinct from attempt.payment_id and not is_paid_by_match_1(d, attempt.payment_id) then return false; end if;
  if place in ('suspense', 'customer_credit') and (d.payment_id is distinct from attempt.payment_id or place = 'suspense') then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', d.amount_cents, p_now);
    update deposits set allocated_at = null where id = d.id;
    perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'It came by a prompt.', p_now);
  end if;
  if d.payment_id is distinct from attempt.payment_id then
    perform unpay_2(d, p_now);
  end if;
  update deposits set attempt_id = attempt.id, payment_id = attempt.payment_id, standing = null, tied_by = p_tied_by, held_until = null,
    allocation_due_at = case when allocated_at is null then p_now end
  where id = d.id;
  perform prove_money_2(d.id, p_now);
  return true;
end $$;
