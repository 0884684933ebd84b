-- What can happen to one movement of money. Every settling function locks in this order: the amount's group, the receipt, payments by id, the attempt; then it
-- decides, then it writes. READ COMMITTED is assumed: each statement sees what was committed before its lock was got.

-- Only one at a time may tie receipts and prompts of one amount to each other.
create function lock_group_1(p_amount bigint) returns void language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('amount:' || p_amount, 0));
end $$;
--> statement-breakpoint

-- Only one at a time may speak of a receipt: so that nobody meets its unique key.
create function lock_receipt_1(p_receipt text) returns void language plpgsql as $$
begin
  if p_receipt is not null then perform pg_advisory_xact_lock(hashtextextended('receipt:' || p_receipt, 0)); end if;
end $$;
--> statement-breakpoint

-- How long the receipt of a prompt may still be on its way: a notice of that time may be its echo.
create function echo_until_1(attempt attempts) returns timestamptz language sql stable return
  coalesce(attempt.payable_until, attempt.created_at + interval '180 seconds') + interval '60 seconds';
--> statement-breakpoint

-- Whether money that moved then may have been asked for by this prompt. A time may be readable in two ways: either will do. Without a query inside, so that PostgreSQL writes it into the caller's.
create function fits_1(attempt attempts, p_times timestamptz[], p_payer_hash text, p_payer_tail text) returns boolean language sql stable return
  (coalesce(p_times[1] between attempt.created_at - interval '60 seconds' and echo_until_1(attempt), false)
    or coalesce(p_times[2] between attempt.created_at - interval '60 seconds' and echo_until_1(attempt), false))
  and coalesce(attempt.phone_hash = p_payer_hash, true) and coalesce(attempt.phone_tail = p_payer_tail, true);
--> statement-breakpoint

-- The account in which a deposit's money arrived: the float if it is proved, what is only told otherwise.
create function arrived_in_1(d deposits) returns text language plpgsql as $$
begin
  if d.shortcode is null then return 'paybill_float'; end if; -- an earlier release booked it, and it has not been gathered yet
  return own_account_1(case when d.confirmed_at is null then 'paybill_told' else 'paybill_float' end, d.shortcode);
end $$;
--> statement-breakpoint

-- Where the whole of a deposit stands: `gone` (taken back), `clearing` (not allocated), `suspense` or `customer_credit` (nothing of it taken), `spent` otherwise.
create function stands_in_1(d deposits) returns text language plpgsql stable as $$
begin
  if d.taken_back_at is not null then return 'gone'; end if;
  if d.allocated_at is null then return 'clearing'; end if;
  if exists (select from payouts o where o.subject = d.id::text and o.state not in ('declined', 'rejected')) then return 'spent'; end if;
  if exists (select from matches m where m.deposit_id = d.id) then return 'spent'; end if;
  return coalesce(parked_in_1(d), 'spent');
end $$;
--> statement-breakpoint

-- Where the whole of a deposit was parked, whatever was given back of it since. It may have been parked more than once: what a list corrected, or a prompt gave up, goes back there.
create function parked_in_1(d deposits) returns text language sql stable as $$
  select x.account from (
      select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind in ('suspense', 'surplus', 'swapped') and t.source_id = d.id::text
      union all select t.debit_account, -t.amount_cents from transfers t where t.kind in ('claimed', 'merged', 'swapped') and t.source_id = d.id::text) x
    where x.account in ('suspense', 'customer_credit') group by x.account having sum(x.cents) = d.amount_cents
$$;
--> statement-breakpoint

-- Where the same can happen to one movement again.
create function next_leg_1(p_kind text, p_deposit uuid) returns int language sql stable return
  (select coalesce(max(leg), 0) + 1 from transfers where kind = p_kind and source_id = p_deposit::text);
--> statement-breakpoint

-- Opens a movement and books it: `paybill float -> clearing` if it is proved, `paybill told -> clearing` if it is only told.
create function open_deposit_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  d.confirmation_tries := 0; d.allocation_tries := 0; d.version := 0; d.may_echo := coalesce(d.may_echo, false);
  insert into deposits select d.*;
  perform book_1('mpesa_in', d.id, 1, arrived_in_1(d), 'clearing', d.amount_cents, p_now);
end $$;
--> statement-breakpoint

-- The money of a deposit is proved: it moves from what is told to the float. Proof that comes after it was taken back opens the movement anew.
create function prove_money_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  again deposits;
begin
  select * into d from deposits where id = p_deposit;
  if d.confirmed_at is not null then return; end if;
  if d.taken_back_at is null then
    update deposits set confirmed_at = p_now, refuted_at = null, confirmation_due_at = case when receipt_proved_at is null then confirmation_due_at end,
      held_until = case when held_until = 'infinity' then p_now else held_until end,
      allocation_due_at = case when held_until = 'infinity' then p_now else allocation_due_at end
    where id = d.id;
    if d.shortcode is not null then
      perform book_1('proved', d.id, next_leg_1('proved', d.id), own_account_1('paybill_float', d.shortcode), own_account_1('paybill_told', d.shortcode), d.amount_cents, p_now);
    end if;
    perform tell_closed_1(d.id, p_now);
    perform close_tasks_1(array['deposit_unconfirmed', 'deposit_not_confirmed', 'deposit_refuted', 'receipt_day_differs', 'receipt_doubted'], d.id::text, 'Proved.', p_now);
    if d.reversed_elsewhere_at is not null then perform book_reversed_1(d.id, p_now); end if;
  else
    update deposits set receipt = null where id = d.id;
    again := d;
    again.id := new_id_1();
    again.confirmed_at := p_now; again.taken_back_at := null; again.refuted_at := null; again.held_until := null;
    again.allocated_at := null; again.allocation_tries := 0; again.allocation_due_at := p_now; again.settled_at := p_now; again.version := 0;
    update deposits set merged_into = again.id where id = d.id;
    perform open_after_all_1(again, p_now);
  end if;
end $$;
--> statement-breakpoint

-- Opens the movement of a receipt that was taken back and came after all, by a transfer of its own kind.
create function open_after_all_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  d.confirmation_tries := 0; d.allocation_tries := 0; d.version := 0; d.may_echo := coalesce(d.may_echo, false);
  insert into deposits select d.*;
  perform book_1('proved_after_all', d.id, 1, own_account_1('paybill_float', d.shortcode), 'clearing', d.amount_cents, p_now);
  perform open_task_1('deposit_proved_after_all', d.id::text, p_now);
end $$;
--> statement-breakpoint

-- What was counted as proved is only told again: the proof may be, or is, another movement's.
create function disprove_money_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set confirmed_at = null where id = d.id;
  if d.shortcode is not null then
    perform book_1('disproved', d.id, next_leg_1('disproved', d.id), own_account_1('paybill_told', d.shortcode), own_account_1('paybill_float', d.shortcode), d.amount_cents, p_now);
  end if;
  if d.reversed_elsewhere_at is not null then perform book_reversed_1(d.id, p_now); end if;
end $$;
--> statement-breakpoint

-- A deposit counts for its payment if it pays it, or if it is proved where what counted is not: a lie may not keep the place of money that came.
create function count_deposit_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  payment payments;
  counted deposits;
  matched uuid; -- by a person
begin
  select * into d from deposits where id = p_deposit;
  select * into payment from payments where id = d.payment_id for update;
  if not found or d.amount_cents < payment.amount_cents or d.refuted_at is not null or d.taken_back_at is not null then return; end if;
  if payment.status in ('pending', 'unknown', 'failed', 'expired') then
    update payments set status = 'paid', failure_code = null, counted_deposit_id = d.id, settled_at = coalesce(settled_at, p_now) where id = payment.id;
    perform record_1(case when payment.status in ('failed', 'expired') then 'late_success' else 'payment_paid' end, payment.id, payment.status, 'paid', p_now);
    return;
  end if;
  if payment.status <> 'paid' or d.confirmed_at is null or payment.counted_deposit_id = d.id then return; end if;
  select * into counted from deposits where id = payment.counted_deposit_id for update;
  select m.id into matched from matches m where m.deposit_id = counted.id and m.payment_id = payment.id and m.amount_cents = payment.amount_cents;
  if counted.confirmed_at is not null or counted.payment_id is distinct from payment.id and matched is null or stands_in_1(d) not in ('clearing', 'customer_credit') then return; end if;
  if counted.allocated_at is null then -- nothing was bought yet
    if d.allocated_at is not null then
      perform book_1('claimed', d.id, next_leg_1('claimed', d.id), 'customer_credit', 'clearing', d.amount_cents, p_now);
      update deposits set allocated_at = null, allocation_due_at = p_now where id = d.id;
      perform close_tasks_1(array['surplus_payment'], d.id::text, 'It counts for its payment.', p_now);
    end if;
    update payments set counted_deposit_id = d.id where id = payment.id;
    perform record_1('counted_deposit_changed', payment.id, counted.id::text, d.id::text, p_now);
    return;
  end if;
  if not exists (select from transfers t where t.source_id in (counted.id::text, matched::text, payment.id::text) and t.kind in ('sale', 'hold')) then return; end if;
  perform swap_counted_1(payment, counted, d, p_now);
end $$;
--> statement-breakpoint

-- What was bought stays bought, with the money of `d`; the other one's becomes the customer's to be given back, once it is proved. `d` waits to be allocated, or stands whole
-- in the customer's credit.
create function swap_counted_1(payment payments, counted deposits, d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  if d.allocated_at is not null then
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

-- What this deposit counted for, and bought nothing with yet, is not paid any more: its money is another movement's.
create function unpay_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update payments set status = 'expired', counted_deposit_id = null, settled_at = null where id = d.payment_id and counted_deposit_id = d.id and status = 'paid';
  if found then perform record_1('payment_reopened', d.payment_id, 'paid', 'expired', p_now); end if;
end $$;
--> statement-breakpoint

-- A deposit turns out to be the same movement as another one, or none at all (`p_into` is null): its booking is taken off again by a transfer of its own, and its row counts for nothing. What was
-- bought with it is not undone here: it is locked, and a person takes it back. False then.
create function merge_deposit_1(p_deposit uuid, p_into uuid, p_now timestamptz) returns boolean language plpgsql as $$
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
    if p_into is not null and not has_repaid_1(d.id) and take_back_1(d.id, p_now) then
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

-- A counter sale that turns out to be something else's money: it goes back to clearing. False when there is none, or when some of it is being or was given back.
create function undo_counter_sale_1(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  sold record;
begin
  if exists (select from payouts o where o.subject = p_deposit::text and o.state not in ('declined', 'rejected')) then return false; end if;
  for sold in select * from over_counter_1(p_deposit) loop
    perform book_1('claimed', p_deposit, next_leg_1('claimed', p_deposit), sold.account, 'clearing', sold.cents, p_now);
    update deposits set allocated_at = null where id = p_deposit;
  end loop;
  return sold is not null;
end $$;
--> statement-breakpoint

-- What stands in sales and VAT of a deposit that was sold over the counter: less what was taken back of it, and what its refunds have taken off (close-counter-refund.ts).
create function over_counter_1(p_deposit uuid) returns table (account text, cents bigint) language sql stable as $$
  select x.account, sum(x.cents)::bigint from (
    select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind = 'counter_sale' and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from transfers t where t.kind in ('claimed', 'taken_back') and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from payouts o join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
      where o.subject = p_deposit::text and o.payment_id is null) x
  where x.account in ('counter_sales', 'vat_payable') group by x.account having sum(x.cents) > 0 order by x.account
$$;
--> statement-breakpoint

-- Whether nothing better than a pulled list, and perhaps its notice, says at which of our short codes money came: no callback, no status answer, no line of a signed statement.
create function is_by_list_1(d deposits) returns boolean language sql stable as $$
  select d.attempt_id is null and (coalesce(d.shortcode_by_list, false) or d.source = 'pull') and not exists (select from statement_lines l join statements s on s.id = l.statement_id
    where l.receipt = d.receipt and l.direction = 'in' and s.shortcode = d.shortcode and s.state in ('signed', 'done'))
$$;
--> statement-breakpoint

-- The short code of ours that money surely came to. Null where nobody knows: it may have come to any.
create function known_shortcode_1(d deposits) returns text language sql stable as $$
  select case when not is_by_list_1(d) then d.shortcode end
$$;
--> statement-breakpoint

-- What of a deposit stood in the accounts of our short codes at a moment.
create function stood_at_1(p_deposit uuid, p_at timestamptz) returns bigint language sql stable as $$
  select coalesce(sum(case when t.debit_account like 'paybill\_%' then t.amount_cents else 0 end - case when t.credit_account like 'paybill\_%' then t.amount_cents else 0 end), 0)::bigint
  from transfers t where t.booked_at <= p_at and (t.kind in ('mpesa_in', 'proved_after_all', 'merged', 'taken_back', 'reversed_elsewhere') and t.source_id = p_deposit::text
    or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = p_deposit::text))
$$;
--> statement-breakpoint

-- Who knows says at which of our short codes money came: there it stands, where only its notice or a pulled list had named another one.
create function gather_1(p_deposit uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  account text;
  stands bigint;
begin
  select * into d from deposits
  where id = p_deposit and merged_into is null and shortcode <> p_shortcode and (confirmed_at is null or is_by_list_1(deposits)) for update;
  if not found then return; end if;
  if d.taken_back_at is null then
    account := case when d.confirmed_at is null then 'paybill_told' else 'paybill_float' end;
    -- what was given back of it has left there by now: it is counted where the payment is (read-movements.ts)
    select d.amount_cents - coalesce(sum(case when t.credit_account = own_account_1(account, d.shortcode) then t.amount_cents else -t.amount_cents end), 0) into stands from transfers t
    where own_account_1(account, d.shortcode) in (t.credit_account, t.debit_account) and (t.kind = 'reversed_elsewhere' and t.source_id = d.id::text
      or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = d.id::text));
    if stands > 0 then perform book_1('gathered', d.id, next_leg_1('gathered', d.id), own_account_1(account, p_shortcode), own_account_1(account, d.shortcode), stands, p_now); end if;
  end if;
  -- what of it came before a first balance is in that of its own short code
  update float_watches w set opening_cents = w.opening_cents + stood_at_1(d.id, w.opened_at) * case w.shortcode when d.shortcode then 1 else -1 end
  where w.shortcode in (d.shortcode, p_shortcode);
  update deposits set shortcode = p_shortcode, shortcode_by_list = null where id = d.id;
  perform close_missing_1(p_now);
end $$;
--> statement-breakpoint

-- A deposit becomes the money of an attempt, where it stands: whatever is whole goes back to clearing, to be allocated to the attempt's payment. False, and nothing
-- is done, when it has paid for something else.
create function claim_deposit_1(d deposits, attempt attempts, p_tied_by text, p_now timestamptz) returns boolean language plpgsql as $$
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

-- Told money was refuted. What has paid for nothing yet is taken off the books; the rest is locked until a person takes it back. Proof that comes later wins.
create function refute_deposit_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  select * into d from deposits where id = p_deposit and confirmed_at is null and refuted_at is null and merged_into is null for update;
  if not found then return; end if;
  if d.allocated_at is null then
    perform merge_deposit_1(d.id, null, p_now);
  else
    update deposits set refuted_at = p_now, confirmation_due_at = null where id = d.id;
    perform close_tasks_1(array['deposit_unconfirmed', 'deposit_not_confirmed'], d.id::text, 'It was refuted.', p_now);
    perform open_task_1('deposit_refuted', d.id::text, p_now);
  end if;
  perform record_1('deposit_refuted', d.id, 'told', 'refuted', p_now);
end $$;
