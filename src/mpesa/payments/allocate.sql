-- Books a settled deposit out of clearing, which is empty again after it. The deposit goes to its payment's purpose if it is the one that counts or the purpose takes every
-- deposit, else to the loan or account whose reference was typed. Surplus and further deposits go to the customer's credit; too little, and money of unknown purpose, go to
-- suspense; each of these opens a task for a person. Before a held deposit is allocated, it is checked once more whether it is the money of a success without a receipt that
-- has come meanwhile. Safe to call twice. Returns `loan` where a loan has to be recomputed, and `typed` where an earlier release kept the typed reference in encrypted form
-- alone: allocate.ts does both.
create function allocate_3(p_deposit uuid, p_counter_vat_class text, p_now timestamptz) returns text language plpgsql as $$
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
  if d.reversed_elsewhere_at is not null and book_reversed_2(d.id, p_now) = 'taken_back' then return 'nothing to do'; end if; -- it was reversed in the portal: it pays for nothing
  if d.payment_id is distinct from payment.id then return allocate_3(p_deposit, p_counter_vat_class, p_now); end if; -- claimed while we waited: its payment is another one

  if d.attempt_id is null and is_reversing_1(d.id) then
    -- its reversal came with its receipt and is under way: it pays for nothing meanwhile
    perform park_1(d, 'suspense', d.amount_cents, 'unidentified_deposit', p_now);
    update deposits set allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    return 'allocated';
  end if;

  if d.held_until is not null then
    nameless := case when d.attempt_id is null then find_nameless_1(d, array[d.moved_at]) end;
    if nameless is not null and merge_deposit_2(d.id, nameless, p_now) then
      perform name_deposit_2(nameless, d, null, p_now);
      return 'tied';
    end if;
    update deposits set held_until = null where id = d.id;
    perform count_deposit_2(d.id, p_now);
    select * into d from deposits where id = d.id;
    if d.allocated_at is not null then return 'allocated'; end if;
    select * into payment from payments where id = d.payment_id;
  end if;

  if d.confirmed_at is not null and payment.state = 'paid' and payment.counted_deposit_id <> d.id then
    -- it came while what counts was told, which may be a lie: whichever of the two is booked first
    perform count_deposit_2(d.id, p_now);
    select * into d from deposits where id = d.id;
    if d.allocated_at is not null then return 'allocated'; end if;
    select * into payment from payments where id = d.payment_id;
  end if;

  if payment.id is null and d.standing is null and d.version > 0 and d.typed_reference is not null then return 'typed'; end if;
  select * into standing from standing_references s where s.typed = case when payment.id is null then d.standing else bare_reference_1(payment.subject) end
    and (payment.id is null or s.kind = case payment.purpose when 'savings' then 'savings' when 'loan_repayment' then 'loan' end);
  if standing.kind = 'loan' then return 'loan'; end if;
  if standing.kind is null and payment.purpose in ('savings', 'loan_repayment') then raise exception 'A payment names a loan or an account that does not exist.'; end if;

  if standing.kind = 'savings' then
    perform deposit_savings_2(standing.subject_id, d.id, d.amount_cents, p_now);
  elsif payment.id is null and d.typed_reference is null and p_counter_vat_class is not null then
    perform sell_over_counter_1(d, p_counter_vat_class, p_now);
  elsif payment.id is null then
    perform park_1(d, 'suspense', d.amount_cents, 'unidentified_deposit', p_now);
  elsif payment.counted_deposit_id = d.id then
    if payment.purpose in ('order', 'donation') then perform sell_2(payment, d.id, coalesce(d.moved_at, d.settled_at), p_now);
    elsif payment.purpose = 'booking_fee' then perform hold_booking_2(payment, p_now);
    else raise exception 'No purpose "%" is wired in: see allocate_3.', payment.purpose;
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

-- The form in which typed references are compared. src/ground/references/reference.ts has the same rule.
create function bare_reference_1(p_typed text) returns text language sql immutable return
  translate(regexp_replace(regexp_replace(upper(p_typed), '[^A-Z0-9]', '', 'g'), '^LOAN', 'LN'), 'OIL', '011');
--> statement-breakpoint

-- Parks money until a person decides about it.
create function park_1(d deposits, p_account text, p_amount bigint, p_task text, p_now timestamptz) returns void language plpgsql as $$
declare
  p_kind text := case p_account when 'suspense' then 'suspense' else 'surplus' end;
begin
  perform book_1(p_kind, d.id, next_leg_1(p_kind, d.id), 'clearing', p_account, p_amount, p_now);
  perform open_task_1(p_task, d.id::text, p_now);
end $$;
