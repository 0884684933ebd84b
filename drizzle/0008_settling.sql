-- Settling and allocating as functions: what locks, looks, decides and writes in one round trip. The reading copies stand in src/, beside the verbs that call them.
-- A UUIDv7: 48 bits of milliseconds, then chance.
create function new_id_1() returns uuid language sql volatile parallel safe return
  encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3) from 1 for 6), 52, 1), 53, 1), 'hex')::uuid;
--> statement-breakpoint
-- Accounts can neither be removed nor renamed, and a transfer names accounts that exist: what a foreign key would say, without its locks on the same two rows.
create function refuse_account_change_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and new.id = old.id and new.kind = old.kind then return new; end if;
  raise exception 'An account keeps its name and its kind, and is never removed: % is refused', tg_op using errcode = 'MP002';
end $$;
--> statement-breakpoint
create trigger accounts_stay before update or delete on accounts for each row execute function refuse_account_change_1();
--> statement-breakpoint
create function require_accounts_1() returns trigger language plpgsql as $$
begin
  if new.debit_account <> new.credit_account and (select count(*) from accounts where id in (new.debit_account, new.credit_account)) < 2 then
    raise exception 'There is no account % or no account %', new.debit_account, new.credit_account using errcode = '23503';
  end if;
  return new;
end $$;
--> statement-breakpoint
create trigger transfers_name_accounts before insert on transfers for each row execute function require_accounts_1();
--> statement-breakpoint
-- One line of the audit trail for what Safaricom's word did.
create function record_1(p_action text, p_subject uuid, p_before text, p_after text, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into audit (id, actor, action, subject, before, after, happened_at)
  values (new_id_1(), 'safaricom', p_action, p_subject::text, to_jsonb(p_before), to_jsonb(p_after), p_now);
end $$;
--> statement-breakpoint
-- Promises a message, once per key, which says why.
create function promise_1(p_key text, p_message jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into outbox (id, dedupe_key, message, due_at) values (new_id_1(), p_key, p_message, p_now) on conflict (dedupe_key) do nothing;
end $$;
--> statement-breakpoint
-- Opens a task for a person and promises an alert; nothing happens when the same task is open already.
create function open_task_1(p_kind text, p_subject text, p_now timestamptz) returns void language plpgsql as $$
declare
  task uuid;
begin
  insert into reviews (id, kind, subject, opened_at) values (new_id_1(), p_kind, p_subject, p_now)
  on conflict (kind, subject) where closed_at is null do nothing
  returning id into task;
  if found then perform promise_1('alert:' || task, jsonb_build_object('kind', 'alert', 'reviewId', task), p_now); end if;
end $$;
--> statement-breakpoint

-- Closes open tasks whose cause is gone.
create function close_tasks_1(p_kinds text[], p_subject text, p_note text, p_now timestamptz) returns void language plpgsql as $$
begin
  update reviews set closed_at = p_now, closed_by = 'malipo', note = p_note where kind = any(p_kinds) and subject = p_subject and closed_at is null;
end $$;
--> statement-breakpoint
-- Keeps what was said, word for word, once; false when it was said before.
create function keep_evidence_1(p_subject uuid, p_source text, p_body_hash text, p_body text, p_verdict text, p_now timestamptz) returns boolean language plpgsql as $$
begin
  insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
  values (new_id_1(), p_subject, p_source, p_body_hash, p_body, p_verdict, p_now)
  on conflict (subject_id, source, body_hash) do nothing;
  return found;
end $$;
--> statement-breakpoint
-- Keeps a notice that books nothing, word for word, with a task of its own. Whoever knows the address may send many, and shall not raise as many alarms: only the first
-- twenty open tasks alert. False when it was told before.
create function quarantine_notice_1(p_body_hash text, p_body text, p_verdict text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  kept uuid;
  crowd bigint;
begin
  if not keep_evidence_1(null, 'c2b', p_body_hash, p_body, p_verdict, p_now) then return false; end if;
  select id into kept from evidence where subject_id is null and source = 'c2b' and body_hash = p_body_hash;
  select count(*) into crowd from (select from reviews where kind = 'c2b_notice_quarantined' and closed_at is null limit 20) open;
  if crowd < 20 then perform open_task_1('c2b_notice_quarantined', kept::text, p_now);
  else insert into reviews (id, kind, subject, opened_at) values (new_id_1(), 'c2b_notice_quarantined', kept::text, p_now);
  end if;
  return true;
end $$;
--> statement-breakpoint
-- The account of one own short code under `paybill_float` or `paybill_told`; it is opened when money first comes to it.
create function own_account_1(p_parent text, p_shortcode text) returns text language plpgsql as $$
declare
  own text := p_parent || ':' || p_shortcode;
begin
  if p_shortcode is null then return p_parent; end if; -- booked before short codes were kept
  if not exists (select from accounts where id = own) then
    insert into accounts (id, kind, name, parent) select own, kind, name || ' ' || p_shortcode, id from accounts where id = p_parent
    on conflict (id) do nothing;
  end if;
  return own;
end $$;
--> statement-breakpoint

-- Moves money. A second booking of the same (kind, source, leg) is an error, never silence: whoever books has locked what it is booked for.
create function book_1(p_kind text, p_source uuid, p_leg int, p_debit text, p_credit text, p_amount bigint, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  values (new_id_1(), p_kind, p_source::text, p_leg, p_debit, p_credit, p_amount, p_now);
end $$;
--> statement-breakpoint
-- Drafts a payment's invoice, still without a number, and promises its e-mail if the customer gave an address. The invoice's id is the payment's. Safe to repeat.
create function draft_invoice_1(payment payments, p_kind text, p_lines jsonb, p_vat jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into invoices (id, payment_id, kind, lines, vat, total_cents, rounding_cents, created_at)
  values (payment.id, payment.id, p_kind, p_lines, p_vat, payment.owed_cents, payment.amount_cents - payment.owed_cents, p_now)
  on conflict do nothing;
  if payment.email is not null then
    perform promise_1('invoice:' || payment.id, jsonb_build_object('kind', 'invoice_email', 'invoiceId', payment.id), p_now);
  end if;
end $$;
--> statement-breakpoint
-- The VAT contained in lines, per class in alphabetical order, by the rates of that day in Nairobi: each class is split once, so that roundings do not add up. Half a
-- cent rounds up, in favour of the tax.
create function vat_of_1(p_lines jsonb, p_at timestamptz) returns table (vat_class text, basis_points int, net_cents bigint, vat_cents bigint) language plpgsql stable as $$
begin
  return query
    select g.class, r.basis_points, g.cents - v.cents, v.cents
    from (select l."vatClass" as class, sum(l."grossCents")::bigint as cents from jsonb_to_recordset(p_lines) as l("vatClass" text, "grossCents" bigint) group by 1) g
    left join lateral (select rates.basis_points from vat_rates rates
      where rates.vat_class = g.class and rates.valid_from <= (p_at at time zone 'Africa/Nairobi')::date order by rates.valid_from desc limit 1) r on true
    cross join lateral (select (2 * g.cents * r.basis_points + 10000 + r.basis_points) / (2 * (10000 + r.basis_points)) as cents) v
    order by g.class;
  if exists (select from jsonb_to_recordset(p_lines) as l("vatClass" text)
    where not exists (select from vat_rates rates where rates.vat_class = l."vatClass" and rates.valid_from <= (p_at at time zone 'Africa/Nairobi')::date)) then
    raise exception 'There is no VAT rate for a class of these lines on that day: add a row to vat_rates.';
  end if;
end $$;
--> statement-breakpoint

-- Books a paid order or donation: clearing to sales (or donations), VAT and rounding; drafts its invoice and promises the e-mail. `p_source` is the deposit, or the match
-- that took it out of suspense. Books nothing when it was booked before.
create function sell_1(payment payments, p_source uuid, p_at timestamptz, p_now timestamptz) returns void language plpgsql as $$
declare
  products jsonb := (select coalesce(jsonb_agg(l), '[]') from jsonb_array_elements(payment.lines) l where l ->> 'kind' = 'product');
  gifts jsonb := (select coalesce(jsonb_agg(l), '[]') from jsonb_array_elements(payment.lines) l where l ->> 'kind' = 'donation');
begin
  if exists (select from transfers where kind = 'sale' and source_id = p_source::text) then return; end if;
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select new_id_1(), 'sale', p_source::text, row_number() over (order by part, vat_class, turn), 'clearing', account, cents, p_now
  from (
    select 1 as part, vat_class, 1 as turn, 'sales' as account, net_cents as cents from vat_of_1(products, p_at)
    union all select 1, vat_class, 2, 'vat_payable', vat_cents from vat_of_1(products, p_at)
    union all select 2, vat_class, 1, 'donations', net_cents from vat_of_1(gifts, p_at)
    union all select 2, vat_class, 2, 'vat_payable', vat_cents from vat_of_1(gifts, p_at)
    union all select 3, '', 1, 'rounding', payment.amount_cents - payment.owed_cents
  ) legs where cents > 0;
  perform draft_invoice_1(payment, case when products = '[]' then 'receipt' else 'invoice' end,
    (select jsonb_agg(l - 'kind') from jsonb_array_elements(payment.lines) l),
    (select jsonb_agg(jsonb_build_object('vatClass', vat_class, 'basisPoints', basis_points, 'netCents', net_cents::text, 'vatCents', vat_cents::text) order by vat_class)
      from vat_of_1(payment.lines, p_at)), p_now);
end $$;
--> statement-breakpoint
-- Books a paid booking: clearing to escrow, and the fee is held. Money that comes after the booking has expired is held all the same; then nothing happens by itself,
-- and a person decides.
create function hold_booking_1(payment payments, p_now timestamptz) returns void language plpgsql as $$
declare
  booking bookings;
begin
  select * into booking from bookings where id = payment.id for update;
  if booking.state is null or booking.state not in ('created', 'expired') then raise exception 'A booking was paid that does not wait for its fee.'; end if;
  update bookings set state = 'held', held_at = p_now,
    auto_resolve_at = case when booking.state = 'created' then p_now + auto_after_hours * interval '1 hour' end
  where id = booking.id;
  perform book_1('hold', payment.id, 1, 'clearing', 'booking_escrow', payment.amount_cents, p_now);
  insert into audit (id, actor, action, subject, before, after, happened_at)
  values (new_id_1(), 'safaricom', 'booking_held', payment.id::text, to_jsonb(booking.state), jsonb_build_object('state', 'held', 'amountCents', payment.amount_cents::text), p_now);
  if booking.state = 'expired' then perform open_task_1('booking_paid_late', payment.id::text, p_now); end if;
end $$;
--> statement-breakpoint
-- Promises to tell a member, and the treasurers where asked, by SMS and e-mail: once per event, subject and cause (which may be null). Only phones that were verified are written to, and nobody
-- who has opted out.
create function promise_notice_1(p_event text, p_subject uuid, p_cause text, p_member uuid, p_treasurers boolean, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into outbox (id, dedupe_key, message, due_at)
  select new_id_1(), concat_ws(':', p_event, p_subject, p_cause, p.id, c.channel),
    jsonb_build_object('kind', 'notice', 'event', p_event, 'subjectId', p_subject, 'personId', p.id, 'channel', c.channel), p_now
  from people p left join members m on m.person_id = p.id
  cross join lateral (values ('sms', p.phone_verified_at is not null and m.sms_opt_out_at is null), ('email', p.email is not null and m.email_opt_out_at is null)) c (channel, reachable)
  where c.reachable and p.disabled_at is null and (m.id = p_member or p_treasurers and p.role = 'treasurer')
  on conflict (dedupe_key) do nothing;
end $$;
--> statement-breakpoint
-- Books money to a member's savings: clearing to their account, and promises to tell them. `p_source` is the deposit, or the match that took it out of suspense. Books
-- nothing when it was booked before.
create function deposit_savings_1(p_account uuid, p_source uuid, p_amount bigint, p_now timestamptz) returns void language plpgsql as $$
declare
  member uuid := (select member_id from member_accounts where id = p_account);
begin
  if member is null then raise exception 'A deposit was paid into an account that is not there.'; end if;
  if exists (select from transfers where kind = 'savings_deposit' and source_id = p_source::text) then return; end if;
  perform book_1('savings_deposit', p_source, 1, 'clearing', 'savings:' || p_account, p_amount, p_now);
  perform promise_notice_1('savings_deposited', p_source, null, member, false, p_now);
end $$;
--> statement-breakpoint
-- The money of a deposit is proved. A loan that is paid in full, and by nothing but proved money now, is closed for good: its borrower and the treasurers are told.
create function tell_closed_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  loan loans;
begin
  for loan in select l.* from loans l where l.id in (select r.loan_id from repayments r where r.deposit_id = p_deposit and r.reversed_at is null) order by l.id for no key update loop
    if loan.state = 'closed' and not exists (select from repayments r join deposits d on d.id = r.deposit_id
      where r.loan_id = loan.id and r.reversed_at is null and d.confirmed_at is null) then
      perform promise_notice_1('loan_closed', loan.id, p_deposit::text, loan.member_id, true, p_now);
    end if;
  end loop;
end $$;
--> statement-breakpoint
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
create function echo_until_1(attempt attempts) returns timestamptz language sql immutable return
  coalesce(attempt.payable_until, attempt.created_at + interval '180 seconds') + interval '60 seconds';
--> statement-breakpoint

-- Whether money that moved then may have been asked for by this prompt. A time may be readable in two ways: either will do.
create function fits_1(attempt attempts, p_times timestamptz[], p_payer_hash text, p_payer_tail text) returns boolean language sql immutable return
  exists (select from unnest(p_times) t where t between attempt.created_at - interval '60 seconds' and echo_until_1(attempt))
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
  return coalesce((select t.credit_account from transfers t
    where t.kind in ('suspense', 'surplus') and t.source_id = d.id::text and t.leg = 1 and t.amount_cents = d.amount_cents
      and not exists (select from transfers c where c.kind in ('claimed', 'merged', 'swapped') and c.source_id = d.id::text)), 'spent');
end $$;
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
  else
    update deposits set receipt = null where id = d.id;
    again := d;
    again.id := new_id_1();
    again.confirmed_at := p_now; again.taken_back_at := null; again.refuted_at := null; again.held_until := null;
    again.allocated_at := null; again.allocation_tries := 0; again.allocation_due_at := p_now; again.settled_at := p_now; again.version := 0;
    update deposits set merged_into = again.id where id = d.id;
    insert into deposits select again.*;
    perform book_1('proved_after_all', again.id, 1, own_account_1('paybill_float', d.shortcode), 'clearing', d.amount_cents, p_now);
    perform open_task_1('deposit_proved_after_all', again.id::text, p_now);
  end if;
end $$;
--> statement-breakpoint

-- What was counted as proved is only told again: the proof may be, or is, another movement's.
create function disprove_money_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set confirmed_at = null where id = d.id;
  if d.shortcode is not null then
    perform book_1('disproved', d.id, next_leg_1('disproved', d.id), own_account_1('paybill_told', d.shortcode), own_account_1('paybill_float', d.shortcode), d.amount_cents, p_now);
  end if;
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
    perform book_1('swapped', d.id, 1, 'customer_credit', 'clearing', payment.amount_cents, p_now);
  end if;
  perform book_1('swapped', counted.id, 1, 'clearing', 'customer_credit', payment.amount_cents, p_now);
  if d.amount_cents > payment.amount_cents and d.allocated_at is null then
    perform book_1('surplus', d.id, 1, 'clearing', 'customer_credit', d.amount_cents - payment.amount_cents, p_now);
    perform open_task_1('surplus_payment', d.id::text, p_now);
  end if;
  update deposits set allocated_at = coalesce(allocated_at, p_now), allocation_due_at = null, held_until = null where id = d.id;
  update payments set counted_deposit_id = d.id where id = payment.id;
  if d.amount_cents = payment.amount_cents then perform close_tasks_1(array['surplus_payment'], d.id::text, 'It counts for its payment.', p_now); end if;
  perform open_task_1('surplus_payment', counted.id::text, p_now);
  perform record_1('counted_deposit_changed', payment.id, counted.id::text, d.id::text, p_now);
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
    'receipt_doubted'], d.id::text, 'The same movement as deposit ' || p_into || '.', p_now);
  return true;
end $$;
--> statement-breakpoint

-- A deposit becomes the money of an attempt, where it stands: whatever is whole goes back to clearing, to be allocated to the attempt's payment. False, and nothing
-- is done, when it has paid for something else.
create function claim_deposit_1(d deposits, attempt attempts, p_tied_by text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  place text;
  sold record;
  leg int := 0;
begin
  select * into d from deposits where id = d.id and attempt_id is null and merged_into is null and taken_back_at is null for update; -- it may have been allocated meanwhile
  if d.id is null then return false; end if;
  place := stands_in_1(d);
  for sold in select credit_account, amount_cents from transfers where kind = 'counter_sale' and source_id = d.id::text order by transfers.leg loop
    leg := leg + 1;
    place := 'counter';
    perform book_1('claimed', d.id, leg, sold.credit_account, 'clearing', sold.amount_cents, p_now);
  end loop;
  if place = 'counter' then update deposits set allocated_at = null where id = d.id; end if;
  if place = 'spent' and d.payment_id is distinct from attempt.payment_id then return false; end if;
  if place in ('suspense', 'customer_credit') and (d.payment_id is distinct from attempt.payment_id or place = 'suspense') then
    perform book_1('claimed', d.id, 1, place, 'clearing', d.amount_cents, p_now);
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
    perform open_task_1('deposit_refuted', d.id::text, p_now);
  end if;
  perform record_1('deposit_refuted', d.id, 'told', 'refuted', p_now);
end $$;
--> statement-breakpoint
-- Which receipt belongs to which prompt, as long as nobody who knows has said it. A success that a query told has no receipt (nameless), a notice has no prompt:
-- of n nameless successes and m receipts of one amount, short code and time the first n are tied, and only m - n are new money.

-- The nameless success that this receipt may be the name of: of the same payment first, then of the same payer, then of the nearest time.
create function find_nameless_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and (n.payment_id = d.payment_id or d.payment_id is null and d.may_echo and fits_1(a, p_times, d.payer_hash, d.payer_tail))
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint

-- The success whose receipt is a guess and not proved: a proved receipt takes its place.
create function find_guess_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.tied_by in ('reference', 'payer', 'time') and n.receipt_proved_at is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id
    and n.shortcode is not distinct from d.shortcode
    and (n.payment_id = d.payment_id or d.payment_id is null and d.may_echo and fits_1(a, p_times, d.payer_hash, d.payer_tail))
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint

-- The success of the same payment that has another receipt by payer or time alone: one that bears the payment's reference is the better name.
create function find_weaker_tie_1(d deposits) returns uuid language sql stable as $$
  select n.id from deposits n where n.payment_id = d.payment_id and n.attempt_id is not null and n.tied_by in ('payer', 'time') and n.merged_into is null
    and n.amount_cents = d.amount_cents and n.id <> d.id order by n.id limit 1
$$;
--> statement-breakpoint

-- How sure it is that a receipt and a prompt are one movement.
create function tie_of_1(d deposits, attempt attempts) returns text language sql immutable return
  case when d.payment_id = attempt.payment_id then 'reference'
    when d.payer_hash = attempt.phone_hash or d.payer_tail = attempt.phone_tail then 'payer'
    else 'time' end;
--> statement-breakpoint

-- The receipts that a success without one may have brought, best first: proved ones, then the same payment's, the prompt's own echo, the payer's, the nearest in time.
create function find_receipts_1(attempt attempts, p_shortcode text) returns setof deposits language sql stable as $$
  select d.* from deposits d
  where d.attempt_id is null and d.receipt is not null and d.merged_into is null and d.refuted_at is null and d.amount_cents = attempt.amount_cents
    and d.shortcode is not distinct from p_shortcode
    and (d.payment_id = attempt.payment_id
      or d.payment_id is null and d.may_echo and d.moved_at between attempt.created_at - interval '181 minutes' and echo_until_1(attempt)
        -- the clock of a pull may be three hours off
        and fits_1(attempt, case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end, d.payer_hash, d.payer_tail))
  order by d.receipt_proved_at is null, (d.payment_id = attempt.payment_id) desc nulls last, (d.echo_of = attempt.id) desc nulls last,
    (d.payer_hash = attempt.phone_hash) desc nulls last, (d.payer_tail = attempt.phone_tail) desc nulls last,
    abs(extract(epoch from d.moved_at - attempt.created_at)), d.id
$$;
--> statement-breakpoint

-- The open prompts that an unreferenced notice, or one for their own payment, may be the echo of; `held_until` is when the last of them has ended.
create function find_prompts_1(d deposits, p_now timestamptz, out "echoOf" uuid, out "heldUntil" timestamptz) language sql stable as $$
  select (array_agg(a.id order by (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
      exists (select from deposits o where o.echo_of = a.id and o.held_until > p_now), abs(extract(epoch from a.created_at - d.moved_at)), a.id))[1],
    max(echo_until_1(a))
  from attempts a
  where a.amount_cents = d.amount_cents and a.created_at > p_now - interval '1 day' and a.state in ('requested', 'pending', 'unknown') and echo_until_1(a) > p_now
    and (a.payment_id = d.payment_id or d.payment_id is null and d.may_echo) and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail)
$$;
--> statement-breakpoint

-- The receipt that a success had by a guess becomes a movement of its own again: told, or proved if the receipt is. It may be the name of another success.
create function free_receipt_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  own deposits;
  freed deposits;
  nameless uuid;
begin
  select * into own from deposits where id = p_deposit;
  freed := own;
  freed.id := new_id_1(); freed.source := 'c2b'; freed.attempt_id := null; freed.tied_by := null; freed.confirmed_at := own.receipt_proved_at;
  if own.tied_by <> 'reference' then freed.payment_id := null; end if;
  freed.confirmation_due_at := case when own.receipt_proved_at is null then p_now end;
  freed.settled_at := p_now; freed.allocated_at := null; freed.allocation_due_at := p_now; freed.echo_of := null; freed.held_until := null;
  nameless := find_nameless_1(freed, array[freed.moved_at]);
  update deposits set receipt = null, receipt_proved_at = null, tied_by = null, confirmation_due_at = null where id = own.id;
  if nameless is not null then
    perform name_deposit_1(nameless, freed, own.tied_by, p_now);
  else
    perform open_deposit_1(freed, p_now);
  end if;
end $$;
--> statement-breakpoint

-- A success learns a receipt, and what its notice says of the payer. The receipt is proved only if it is proved by itself: proof is never lent.
create function name_deposit_1(p_deposit uuid, d deposits, p_tied_by text, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits n set receipt = d.receipt, receipt_proved_at = d.receipt_proved_at,
    tied_by = coalesce(p_tied_by, (select tie_of_1(d, a) from attempts a where a.id = n.attempt_id)),
    typed_reference = coalesce(d.typed_reference, n.typed_reference), payer_name = coalesce(d.payer_name, n.payer_name),
    payer_phone = coalesce(d.payer_phone, n.payer_phone), payer_hash = coalesce(d.payer_hash, n.payer_hash), payer_tail = coalesce(d.payer_tail, n.payer_tail),
    moved_at = coalesce(d.moved_at, n.moved_at), may_echo = d.may_echo,
    confirmation_tries = 0, confirmation_due_at = case when d.receipt_proved_at is null then p_now + interval '2 minutes' end
  where n.id = p_deposit;
  perform close_tasks_1(array['receipt_missing'], p_deposit::text, 'Its receipt is known.', p_now);
end $$;
--> statement-breakpoint

-- Whether nothing but the time (and perhaps three masked digits that others have too) says whose money this is: of a tie, or of what one of its group left over.
create function is_guess_1(d deposits) returns boolean language plpgsql stable as $$
declare
  attempt attempts;
begin
  if d.tied_by = 'time' then return true; end if;
  if d.attempt_id is null and not d.may_echo then
    -- a notice's words may be a lie: while a success of its amount and time has no receipt, the receipt may be that one's
    return d.source = 'c2b' and exists (select from deposits n join attempts a on a.id = n.attempt_id where n.receipt is null and n.merged_into is null
      and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail));
  end if;
  if d.attempt_id is not null then
    select * into attempt from attempts where id = d.attempt_id;
    if d.tied_by is distinct from 'payer' or d.payer_hash = attempt.phone_hash then return false; end if;
    return exists (select from deposits o where o.may_echo and o.attempt_id is null and o.merged_into is null and o.amount_cents = d.amount_cents and o.id <> d.id
        and o.shortcode is not distinct from d.shortcode and fits_1(attempt, array[o.moved_at], o.payer_hash, o.payer_tail))
      or exists (select from deposits n join attempts a on a.id = n.attempt_id where n.id <> d.id and n.amount_cents = d.amount_cents
        and n.shortcode is not distinct from d.shortcode and (n.receipt is null or n.tied_by in ('payer', 'time')) and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail));
  end if;
  return exists (select from deposits n join attempts a on a.id = n.attempt_id where n.id <> d.id and n.amount_cents = d.amount_cents and n.merged_into is null
    and n.shortcode is not distinct from d.shortcode and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail)
    and (n.receipt is null or n.tied_by = 'time' or n.tied_by = 'payer' and n.payer_hash is distinct from a.phone_hash));
end $$;
--> statement-breakpoint

-- The prompt whose success has no receipt, so that the proof of this one may be the proof of that same movement: words that a notice alone has said, or a person's match,
-- do not make it another one. Each such success casts doubt on one receipt.
create function find_doubt_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select a.id from deposits n join attempts a on a.id = n.attempt_id
  where n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and fits_1(a, p_times, d.payer_hash, d.payer_tail)
    and not exists (select from deposits o where o.echo_of = a.id and o.amount_cents = d.amount_cents and o.id <> d.id and o.receipt_proved_at is not null
      and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null)
  order by (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last, abs(extract(epoch from a.created_at - p_times[1])), a.id
  limit 1
$$;
--> statement-breakpoint

-- A success has no receipt, and a receipt of its amount and time was proved that a notice had told, or a person had matched, for something else: both may be one movement. What was proved of that
-- receipt is then only told, until the success has a receipt of its own.
create function doubt_receipt_1(attempt attempts, p_success uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  select o.* into d from deposits o
  where o.attempt_id is null and (o.source = 'c2b' or o.may_echo) and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null
    and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
    and o.moved_at between attempt.created_at - interval '60 seconds' and echo_until_1(attempt) and fits_1(attempt, array[o.moved_at], o.payer_hash, o.payer_tail)
  order by (o.payer_hash = attempt.phone_hash) desc nulls last, (o.payer_tail = attempt.phone_tail) desc nulls last, abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
  limit 1 for update;
  if not found then return; end if;
  if exists (select from payouts p where p.subject = d.id::text and p.state not in ('declined', 'rejected')) then -- it is on its way back to somebody
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  update deposits set echo_of = attempt.id where id = d.id;
  perform disprove_money_1(d, p_now);
  perform open_task_1('receipt_doubted', d.id::text, p_now);
end $$;
--> statement-breakpoint

-- A success has a proved receipt of its own: what was doubted because of it is a movement of its own, or another success casts doubt on it.
create function clear_doubt_1(p_attempt uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  doubt uuid;
begin
  for d in select o.* from deposits o where o.echo_of = p_attempt and o.attempt_id is null and o.amount_cents = (select a.amount_cents from attempts a where a.id = p_attempt)
    and o.receipt_proved_at is not null and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null
  loop
    doubt := find_doubt_1(d, array[d.moved_at]);
    if doubt is not null then
      update deposits set echo_of = doubt where id = d.id;
    else
      perform prove_money_1(d.id, p_now);
      if d.held_until is null then perform count_deposit_1(d.id, p_now); end if;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- What a source's words mean for an attempt. Reads only; the caller holds the locks. `unread_payer`: a success whose payer cannot be read: its receipt is kept, and
-- proves nothing. `doubted`: a query says "paid" of a prompt whose success was not believed. Whatever is not pays, known, fails, unclear or unread_payer is quarantined.
create function judge_stk_1(
  attempt attempts, p_source text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text, p_checkout_hash text, p_receipt text, p_now timestamptz
) returns text language plpgsql stable as $$
begin
  if p_says = 'unclear' then return 'unclear'; end if;

  -- is it about this prompt?
  if attempt.checkout_hash <> p_checkout_hash then return 'other_checkout'; end if;
  if attempt.checkout_hash is null and exists (select from attempts a where a.checkout_hash = p_checkout_hash) then return 'other_checkout'; end if;

  if p_says = 'failed' then
    if attempt.state = 'paid' then return case p_source when 'query' then 'unclear' else 'contradicts' end; end if;
    if attempt.state = 'failed' then return 'known'; end if;
    -- a query that says so while the PIN can still be entered has been wrong (1037 at 20 s, paid at 30 s)
    if p_source = 'query' and not p_final and p_now < echo_until_1(attempt) - interval '60 seconds' then return 'unclear'; end if;
    return 'fails';
  end if;

  -- does it say what we asked?
  if attempt.amount_cents <> p_amount then return 'amount_differs'; end if;
  if attempt.phone_hash <> p_phone_hash or attempt.phone_tail <> p_phone_tail then return 'phone_differs'; end if;
  if attempt.receipt <> p_receipt then return 'second_receipt'; end if;
  if p_source = 'query' then
    if attempt.state <> 'paid' and exists (select from evidence e where e.subject_id = attempt.id and e.source = 'callback'
      and e.verdict in ('amount_differs', 'phone_differs', 'second_receipt', 'receipt_used')) then return 'doubted'; end if;
    return 'pays';
  end if;

  -- whose is the receipt? What is proved for something else stays there; a lie gives way
  if exists (select from deposits d where d.receipt = p_receipt and d.attempt_id is distinct from attempt.id
    and (d.tied_by = 'callback' and d.receipt_proved_at is not null or d.receipt_proved_at is not null and d.amount_cents <> attempt.amount_cents)) then return 'receipt_used'; end if;
  if exists (select from withdrawals w where w.receipt = p_receipt) then return 'receipt_used'; end if;
  if p_phone_hash is null and p_phone_tail is null then return 'unread_payer'; end if;
  return 'pays';
end $$;
--> statement-breakpoint

-- Settles what a callback or a query says about an attempt: evidence, states, the movement and its booking, task and audit. Safe to repeat, in any order, from any
-- source: states only move up, a movement is booked once, and what disagrees with what was asked is quarantined.
create function settle_stk_1(
  p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text,
  p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz,
  out "paymentId" uuid, out "depositId" uuid, out verdict text, out duplicate boolean
) language plpgsql as $$
declare
  attempt attempts;
  payment payments;
  named text; -- the receipt that this success has, proved (callback) or not
begin
  select * into attempt from attempts where id = p_attempt;
  named := coalesce(p_receipt, attempt.told_receipt);
  -- money cannot have moved before it was asked for; a stamp that says so is no value date
  p_moved_at := case when p_moved_at >= attempt.created_at - interval '10 minutes' then least(p_moved_at, p_now) end;
  if p_says = 'paid' then
    if p_source = 'query' or attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id <> p_attempt) then perform lock_group_1(attempt.amount_cents); end if;
    perform lock_receipt_1(named);
  end if;
  perform from payments where id in (attempt.payment_id, (select d.payment_id from deposits d where d.receipt = named and p_says = 'paid')) order by id for update;
  select * into payment from payments where id = attempt.payment_id;
  select * into attempt from attempts where id = p_attempt for update;
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

  elsif verdict <> 'known' and not duplicate then
    -- a quarantine: what was read before, word for word, asks nobody again
    perform open_task_1('evidence_' || verdict, p_attempt::text, p_now);
    if p_receipt is not null then
      perform promise_1('ask-receipt:' || p_attempt || ':' || p_receipt, jsonb_build_object('kind', 'ask_receipt', 'receipt', p_receipt, 'attemptId', p_attempt), p_now);
    end if;
  end if;
end $$;
--> statement-breakpoint

-- Notices that waited because they might be this prompt's echo are allocated as what they say.
create function release_echoes_1(p_attempt uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set held_until = p_now, allocation_due_at = p_now
  where echo_of = p_attempt and attempt_id is null and allocated_at is null and held_until > p_now and held_until < 'infinity';
end $$;
--> statement-breakpoint

-- Books the success of an attempt once. The receipt that a callback names wins: it claims the row that bears it, wherever that stands, and what the success had by a
-- guess becomes a movement of its own again. Returns the deposit that now waits to be allocated, if any.
create function take_success_1(
  attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  own deposits;    -- what this attempt's success is booked as
  holder deposits; -- what bears the receipt now
  receipt deposits;
begin
  select * into own from deposits where attempt_id = attempt.id;
  select * into holder from deposits where deposits.receipt = p_receipt and id is distinct from own.id;

  if holder.taken_back_at is not null then -- it was taken back, and came after all: a movement of its own
    perform merge_deposit_1(holder.id, own.id, p_now);
    holder := null;
  end if;

  if own.id is not null then
    if p_receipt is null or own.receipt = p_receipt and (own.tied_by = 'callback' or not p_proves_receipt) and (own.receipt_proved_at is not null or not p_proves_receipt) then return null; end if;
    if own.tied_by = 'callback' and own.receipt is not null and not p_proves_receipt then return null; end if;
    if own.receipt is distinct from p_receipt then
      if own.receipt is not null then perform free_receipt_1(own.id, p_now); end if;
      if holder.attempt_id is not null then
        update deposits set receipt = null, receipt_proved_at = null, tied_by = null where id = holder.id; -- its prompt had it by a guess, and is nameless again
      elsif holder.id is not null then
        if holder.receipt_proved_at is not null then p_proves_receipt := true; end if;
        perform merge_deposit_1(holder.id, own.id, p_now);
      end if;
    end if;
    update deposits set receipt = p_receipt, tied_by = 'callback',
      receipt_proved_at = coalesce(case when own.receipt = p_receipt then receipt_proved_at end, case when p_proves_receipt then p_now end),
      moved_at = coalesce(p_moved_at, moved_at), confirmation_due_at = case when not p_proves_receipt then p_now + interval '2 minutes' end
    where id = own.id;
    perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
    if p_proves_receipt then perform clear_doubt_1(attempt.id, p_now); end if;
    if holder.attempt_id is not null then perform name_again_1(holder.id, p_now); end if;
    return null;
  end if;

  if holder.attempt_id is not null then
    update deposits set receipt = null, receipt_proved_at = null, tied_by = null where id = holder.id;
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
  if p_receipt is null then perform doubt_receipt_1(attempt, own.id, p_shortcode, p_now); end if;
  perform count_deposit_1(own.id, p_now);
  if holder.attempt_id is not null then perform name_again_1(holder.id, p_now); end if;
  return (select id from deposits where id = own.id and allocated_at is null);
end $$;
--> statement-breakpoint

-- A success that lost a receipt it had by a guess may have another one.
create function name_again_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  own deposits;
  attempt attempts;
  receipt deposits;
begin
  select * into own from deposits where id = p_deposit;
  select * into attempt from attempts where id = own.attempt_id;
  for receipt in select * from find_receipts_1(attempt, own.shortcode) loop
    if stands_in_1(receipt) <> 'spent' and merge_deposit_1(receipt.id, own.id, p_now) then
      perform name_deposit_1(own.id, receipt, null, p_now);
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- Settles what a C2B notice says. It only tells: the address is one for all, so whoever knows it can say anything. Each receipt is booked once, as told money. A notice
-- that may be the echo of a prompt is booked too, and not allocated until the prompt's callback has named its receipt or the prompt has ended.
-- arrives: new told money. ties: the receipt of a success that a query told. known: told or proved before. Others are quarantined: kept, and nothing is booked.
create function settle_c2b_1(
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
    nameless := find_nameless_1(d, array[p_moved_at]);
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
  elsif verdict <> 'known' and not duplicate then
    perform open_task_1('evidence_' || verdict, p_receipt, p_now);
  end if;
end $$;
--> statement-breakpoint
-- A line of a pull or a statement says what was truly typed, and a notice may have lied about it: it is corrected as long as nothing was bought with it.
create function correct_words_1(
  d deposits, payment payments, p_standing text, p_typed text, p_prompts boolean, p_source text, p_now timestamptz
) returns deposits language plpgsql as $$
declare
  place text := stands_in_1(d);
  own_standing text := case when payment.id is null then (select s.typed from standing_references s where s.typed = p_standing) end;
  echoes boolean := p_prompts and payment.id is null and p_typed is null;
begin
  if d.source <> 'c2b' or d.attempt_id is not null or d.taken_back_at is not null then return d; end if;
  if payment.id is not distinct from d.payment_id and own_standing is not distinct from d.standing and echoes = d.may_echo then
    update deposits set source = p_source where id = d.id returning * into d;
    return d;
  end if;
  if place not in ('clearing', 'suspense') then return d; end if;
  if place = 'suspense' then
    perform book_1('claimed', d.id, 1, 'suspense', 'clearing', d.amount_cents, p_now);
    perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit'], d.id::text, 'What was typed is known.', p_now);
  end if;
  update payments set status = 'expired', counted_deposit_id = null, settled_at = null where counted_deposit_id = d.id and status = 'paid';
  update deposits set source = p_source, payment_id = payment.id, may_echo = echoes, standing = own_standing, typed_reference = p_typed,
    held_until = p_now, allocated_at = null, allocation_due_at = p_now
  where id = d.id returning * into d;
  return d;
end $$;
--> statement-breakpoint

-- Settles the proof of a receipt: that this much came to us under it. Who proves is a status answer that we asked for (of a receipt that we know), a line of a pull, or a
-- line of a statement that a person has signed off. The money is proved where it stands; a proved receipt fills a nameless success first, and takes the place of a
-- receipt that only tells. `p_times` holds the readings of a time whose clock is not certain.
-- proves: it was told before. fills: the name of a success that had none. displaces: a success had another receipt by a guess. arrives: nobody had told us. doubted: it
-- may be the receipt of a prompt's success that has none, and was spent for something else or told with other words: it stays told until that success has a receipt.
create function settle_receipt_1(
  p_source text, p_receipt text, p_amount bigint, p_reference text, p_standing text, p_typed text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text,
  p_shortcode text, p_prompts boolean, p_times timestamptz[], p_opens boolean, p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  payment payments;
  known deposits;
  d deposits;
  success uuid;
  doubt uuid;
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
    d := known; d.id := new_id_1();
    perform merge_deposit_1(known.id, d.id, p_now);
    perform open_task_1('evidence_amount_differs', p_receipt, p_now);
    known := null;
  end if;
  if known.id is not null and p_source in ('pull', 'statement') then known := correct_words_1(known, payment, p_standing, p_typed, p_prompts, p_source, p_now); end if;
  if known.receipt_proved_at is not null and known.confirmed_at is not null and (known.attempt_id is not null or known.allocated_at is not null) then
    verdict := 'known';
    return;
  end if;

  if known.id is not null and known.confirmed_at is null and known.taken_back_at is null and known.shortcode is distinct from p_shortcode and known.shortcode is not null then
    -- the notice named another one of our short codes than was paid
    perform book_1('gathered', known.id, next_leg_1('gathered', known.id), own_account_1('paybill_told', p_shortcode), own_account_1('paybill_told', known.shortcode), known.amount_cents, p_now);
    update deposits set shortcode = p_shortcode where id = known.id;
    known.shortcode := p_shortcode;
  end if;
  if known.id is not null then
    update deposits set receipt_proved_at = p_now, confirmation_due_at = null where id = known.id;
    known.receipt_proved_at := p_now;
    verdict := 'proves';
    if known.attempt_id is null and known.taken_back_at is null and stands_in_1(known) not in ('spent', 'gone') then
      success := coalesce(find_nameless_1(known, p_times), find_guess_1(known, p_times), find_weaker_tie_1(known));
      if success is not null then
        verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
        if verdict = 'displaces' then perform free_receipt_1(success, p_now); end if;
        perform merge_deposit_1(known.id, success, p_now);
        perform name_deposit_1(success, known, null, p_now);
        perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
        return;
      end if;
    end if;
    -- what a list says was typed makes it another movement than a prompt's; what a notice alone has said does not
    if known.attempt_id is null and known.taken_back_at is null and (p_source = 'status' or known.may_echo) then
      doubt := find_doubt_1(known, p_times);
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
  d.typed_reference := coalesce(p_typed, d.typed_reference); d.payer_name := coalesce(p_payer_name, d.payer_name); d.payer_phone := coalesce(p_payer_phone, d.payer_phone);
  d.payer_hash := coalesce(p_payer_hash, d.payer_hash); d.payer_tail := coalesce(p_payer_tail, d.payer_tail);
  d.moved_at := coalesce(p_times[1], p_now); d.settled_at := p_now; d.receipt_proved_at := p_now; d.tied_by := null; d.refuted_at := null; d.confirmed_at := p_now;
  d.allocated_at := null; d.confirmation_due_at := null; d.echo_of := null; d.held_until := null;

  success := coalesce(find_nameless_1(d, p_times), find_guess_1(d, p_times), find_weaker_tie_1(d));
  if success is not null then
    verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
    if verdict = 'displaces' then perform free_receipt_1(success, p_now); end if;
    perform name_deposit_1(success, d, null, p_now);
    perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
    return;
  end if;
  verdict := 'arrives';
  select "echoOf", "heldUntil" into d.echo_of, d.held_until from find_prompts_1(d, p_now);
  d.allocation_due_at := coalesce(d.held_until, p_now);
  perform open_deposit_1(d, p_now);
  if d.held_until is null then
    perform count_deposit_1(d.id, p_now);
    "depositId" := d.id;
  end if;
end $$;
--> statement-breakpoint

-- Settles a status answer about the receipt of one deposit, posted to the question's own address. `p_shortcode` is the own short code that was credited; null: none was.
create function settle_deposit_status_1(
  p_deposit uuid, p_body_hash text, p_body text, p_says text, p_receipt text, p_amount bigint, p_shortcode text, p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
declare
  d deposits;
  proved record;
  fresh boolean;
begin
  select * into d from deposits where id = p_deposit;
  if p_says = 'completed' then -- in the order of all who settle
    perform lock_group_1(d.amount_cents);
    perform lock_receipt_1(p_receipt);
    perform from payments where id = d.payment_id for update;
    select * into d from deposits where id = p_deposit for update;
  end if;
  verdict := case
    when d.id is null then 'no_deposit'
    when p_says = 'unclear' then 'unclear'
    when d.receipt is distinct from p_receipt then 'other_receipt'
    when p_says = 'not_completed' then 'not_completed'
    when d.amount_cents is distinct from p_amount then 'other_amount'
    when p_shortcode is null or exists (select from withdrawals w where w.receipt = p_receipt) then 'other_party'
    when d.receipt_proved_at is not null then 'known'
    else 'confirms' end;
  fresh := keep_evidence_1(p_deposit, 'transaction-status', p_body_hash, p_body, verdict, p_now);
  if verdict = 'confirms' then
    select * into proved from settle_receipt_1('status', d.receipt, d.amount_cents, null, null, null, null, null, null, null, p_shortcode, d.may_echo, array[d.moved_at], false, p_now);
    "depositId" := proved."depositId";
  elsif verdict in ('other_receipt', 'other_amount', 'other_party', 'not_completed') and fresh and not (verdict = 'other_receipt' and d.receipt_proved_at is not null) then
    perform open_task_1('deposit_not_confirmed', p_deposit::text, p_now);
  end if;
end $$;
--> statement-breakpoint

-- Settles the proof of a receipt that a success of this attempt named and was not believed. If its amount is what was asked, the success is true after all; else the money
-- is a movement of its own, which nobody asked for.
create function settle_doubt_1(p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_now timestamptz, out "depositId" uuid, out verdict text) language plpgsql as $$
declare
  attempt attempts;
  payment payments;
  proved record;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  perform from payments where id in ((select a.payment_id from attempts a where a.id = p_attempt), (select d.payment_id from deposits d where d.receipt = p_receipt)) order by id for update;
  select * into attempt from attempts where id = p_attempt for update;
  select * into payment from payments where id = attempt.payment_id;
  if attempt.amount_cents = p_amount and attempt.state <> 'paid' and not exists (select from deposits d where d.receipt = p_receipt and d.receipt_proved_at is not null) then
    verdict := 'pays';
    "depositId" := take_success_1(attempt, payment, p_receipt, true, p_shortcode, null, p_now);
    update attempts set state = 'paid', live = false, receipt = p_receipt, query_due_at = null where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);
  else
    select * into proved from settle_receipt_1('status', p_receipt, p_amount, null, null, null, null, null, null, null, p_shortcode, true, array[p_now], true, p_now);
    verdict := proved.verdict;
    "depositId" := proved."depositId";
  end if;
  if verdict in ('pays', 'proves', 'fills', 'displaces', 'arrives') then
    perform close_tasks_1(array['evidence_amount_differs', 'evidence_phone_differs', 'evidence_second_receipt', 'evidence_receipt_used', 'evidence_doubted'], p_attempt::text,
      'Its receipt is proved, and booked.', p_now);
  end if;
end $$;
--> statement-breakpoint

-- Settles the proofs of many receipts, one after the other, in the order in which all who do this lock. Each row of `p_receipts` has the names of settle_receipt_1's
-- parameters. What was proved before is passed over.
create function settle_receipts_1(p_source text, p_receipts jsonb, p_now timestamptz) returns table ("depositId" uuid, receipt text, verdict text) language plpgsql as $$
declare
  r record;
  settled record;
begin
  for r in select * from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint, reference text, standing text, typed text, payer_name text, payer_phone text,
      payer_hash text, payer_tail text, shortcode text, prompts boolean, times timestamptz[])
    where not exists (select from deposits d where d.receipt = t.receipt and d.receipt_proved_at is not null and d.confirmed_at is not null and d.amount_cents = t.amount
      and (d.source <> 'c2b' or d.attempt_id is not null))
    order by amount, t.receipt
  loop
    select * into settled from settle_receipt_1(p_source, r.receipt, r.amount, r.reference, r.standing, r.typed, r.payer_name, r.payer_phone, r.payer_hash, r.payer_tail,
      r.shortcode, r.prompts, r.times, true, p_now);
    "depositId" := settled."depositId"; receipt := r.receipt; verdict := settled.verdict;
    return next;
  end loop;
end $$;
--> statement-breakpoint
-- Books a settled deposit to its payment's purpose if it is the one that counts or the purpose takes everything, to the account whose reference was typed, what is more
-- than owed and every further deposit to the customer's credit, too little or money for nobody knows what to suspense; a person gets a task for these. Clearing is
-- empty again. A deposit that was held is looked at anew first: a success without a receipt may have come meanwhile, whose money it is. Safe to call twice.
-- `loan`: what it is for has to be worked out (allocate.ts does). `typed`: booked by an earlier release, which kept what was typed in sealed form alone.
create function allocate_1(p_deposit uuid, p_counter_vat_class text, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  payment payments;
  standing standing_references;
  nameless uuid;
begin
  select * into d from deposits where id = p_deposit;
  if d.held_until > p_now then return 'held'; end if;
  if d.held_until is not null and d.may_echo then perform lock_group_1(d.amount_cents); end if;
  select * into payment from payments where id = d.payment_id for update;
  select * into d from deposits where id = p_deposit and allocated_at is null and merged_into is null and refuted_at is null for update;
  if d.id is null or d.held_until > p_now then return 'nothing to do'; end if;
  if d.payment_id is distinct from payment.id then return allocate_1(p_deposit, p_counter_vat_class, p_now); end if; -- claimed while we waited: its payment is another one

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
    else raise exception 'No purpose "%" is wired in: see allocate_1.', payment.purpose;
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

-- What is compared when somebody types a reference: src/references/reference.ts has the same rule.
create function bare_reference_1(p_typed text) returns text language sql immutable return
  translate(regexp_replace(regexp_replace(upper(p_typed), '[^A-Z0-9]', '', 'g'), '^LOAN', 'LN'), 'OIL', '011');
--> statement-breakpoint

-- Keeps money for a person to decide about.
create function park_1(d deposits, p_account text, p_amount bigint, p_task text, p_now timestamptz) returns void language plpgsql as $$
declare
  p_kind text := case p_account when 'suspense' then 'suspense' else 'surplus' end;
begin
  perform book_1(p_kind, d.id, next_leg_1(p_kind, d.id), 'clearing', p_account, p_amount, p_now);
  perform open_task_1(p_task, d.id::text, p_now);
end $$;
--> statement-breakpoint

-- Money at a till that nobody asked for by a prompt is ordinary counter money: sales, with the VAT of the configured class.
create function sell_over_counter_1(d deposits, p_vat_class text, p_now timestamptz) returns void language plpgsql as $$
declare
  vat record;
begin
  select * into vat from vat_of_1(jsonb_build_array(jsonb_build_object('vatClass', p_vat_class, 'grossCents', d.amount_cents)), coalesce(d.moved_at, d.settled_at));
  perform book_1('counter_sale', d.id, 1, 'clearing', 'counter_sales', vat.net_cents, p_now);
  if vat.vat_cents > 0 then perform book_1('counter_sale', d.id, 2, 'clearing', 'vat_payable', vat.vat_cents, p_now); end if;
end $$;
--> statement-breakpoint
-- Whether a result is about this withdrawal. One of the known ids has to be ours; only where Safaricom's acknowledgement was lost, and nobody else claims these ids, does
-- it suffice that everything else agrees: the payee (of a reversal: the receipt that is taken back) and the amount. A failure names no payee: only ids decide.
create function is_own_result_1(
  withdrawal withdrawals, p_says text, p_amount bigint, p_originator text, p_conversation text, p_payee_agrees boolean
) returns boolean language plpgsql stable as $$
begin
  if p_originator in (withdrawal.id::text, withdrawal.originator_conversation_id) then return true; end if;
  if p_conversation = withdrawal.conversation_id then return true; end if;
  if withdrawal.conversation_id is not null or p_says <> 'paid' then return false; end if;
  if exists (select from withdrawals o where o.id <> withdrawal.id and o.conversation_id = p_conversation) then return false; end if;
  if exists (select from withdrawals o where o.id <> withdrawal.id and o.originator_conversation_id = p_originator) then return false; end if;
  if exists (select from withdrawals o where o.id <> withdrawal.id and o.id = case when p_originator ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then p_originator::uuid end) then return false; end if;
  if exists (select from inquiries i where i.conversation_id = p_conversation) then return false; end if;
  return coalesce(p_payee_agrees and p_amount = withdrawal.amount_cents, false);
end $$;
--> statement-breakpoint

-- What a source's words mean for a withdrawal. Reads only; the caller holds the locks. Whatever is not pays, late, rejects, known or unclear is quarantined.
create function judge_withdrawal_1(withdrawal withdrawals, p_own boolean, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean)
returns text language plpgsql stable as $$
begin
  if p_says = 'unclear' then return 'unclear'; end if;
  if not p_own then return 'other_conversation'; end if;
  if p_says = 'failed' then
    return case withdrawal.state when 'paid' then 'contradicts' when 'rejected' then 'known' else 'rejects' end;
  end if;
  if withdrawal.amount_cents <> p_amount then return 'amount_differs'; end if;
  if p_two_receipts then return case when withdrawal.state = 'paid' then 'known' else 'two_receipts' end; end if;
  if withdrawal.receipt <> p_receipt then return 'second_receipt'; end if;
  if exists (select from withdrawals o where o.receipt = p_receipt and o.id <> withdrawal.id) then return 'receipt_used'; end if;
  if exists (select from deposits d where d.receipt = p_receipt and d.receipt_proved_at is not null) then return 'receipt_used'; end if;
  return case withdrawal.state when 'paid' then 'known' when 'rejected' then 'late' else 'pays' end;
end $$;
--> statement-breakpoint

-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the
-- state is `unknown` until a result or the transaction's status tells. Money that left after all, once its reserve was given back, is booked and becomes a person's
-- task. Safe to repeat, in any order, from any source.
create function settle_withdrawal_1(
  p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text,
  p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_now timestamptz, out verdict text
) language plpgsql as $$
declare
  payout payouts;
  withdrawal withdrawals;
  told deposits;
  payee_agrees boolean;
begin
  perform lock_receipt_1(p_receipt);
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = (select d.receipt from deposits d where d.id = payout.subject::uuid)
    else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- somebody may have told of this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        update deposits set receipt = null, receipt_proved_at = null, tied_by = null, confirmation_due_at = null where id = told.id;
      else
        perform merge_deposit_1(told.id, null, p_now);
      end if;
      perform open_task_1('evidence_own_payout', p_receipt, p_now);
    end if;
    update withdrawals set state = 'paid', receipt = coalesce(receipt, p_receipt), result_code = p_result_code, settled_at = p_now, query_due_at = null,
      conversation_id = coalesce(conversation_id, p_conversation)
    where id = withdrawal.id;
    perform book_1(case verdict when 'pays' then 'payout_paid' else 'payout_late' end, withdrawal.id, 1,
      case verdict when 'pays' then 'payout_reserve' else payout.source_account end, own_account_1('paybill_float', p_shortcode), withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    update withdrawals set state = 'rejected', result_code = p_result_code, settled_at = p_now, query_due_at = null where id = withdrawal.id;
    perform book_1('payout_released', withdrawal.id, 1, 'payout_reserve', payout.source_account, withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was rejected.', p_now);
  elsif verdict = 'known' then
    update withdrawals set receipt = p_receipt where id = withdrawal.id and receipt is null and p_says = 'paid' and p_receipt is not null and not p_two_receipts;
  elsif verdict in ('unclear', 'two_receipts', 'other_conversation') then
    -- its status is asked soon; an answer to that question has its own ladder
    update withdrawals set state = 'unknown', query_due_at = case when p_source = 'transaction-status' then query_due_at else least(query_due_at, p_now + interval '1 minute') end
    where id = withdrawal.id and state in ('dispatched', 'unknown');
  end if;
  if verdict in ('late') then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
end $$;
--> statement-breakpoint

-- The state of a payout from its parts. Each end of it, and each part that was rejected, is told. A refund that is paid has its credit note promised; of a loan's payout each way to be final is told, also a later one: how many
-- parts are paid and rejected never comes twice.
create function judge_payout_1(p_payout uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  payout payouts;
  n bigint;
  paid bigint;
  rejected bigint;
begin
  select count(*), count(*) filter (where state = 'paid'), count(*) filter (where state = 'rejected') into n, paid, rejected from withdrawals where payout_id = p_payout;
  update payouts set state = case when paid = n then 'paid' when rejected = n then 'rejected' when paid > 0 then 'partly_paid' else 'approved' end
  where id = p_payout and n > 0 returning * into payout;
  if n > 0 and (paid = n or rejected > 0) then
    perform promise_1(concat_ws(':', 'payout', payout.id, paid, rejected),
      jsonb_build_object('kind', 'payout_settled', 'payoutId', payout.id, 'parts', n, 'paid', paid, 'rejected', rejected), p_now);
  end if;
  if payout.kind in ('refund', 'reversal') and payout.state = 'paid' then
    perform promise_1('refund:' || payout.id, jsonb_build_object('kind', 'refund_paid', 'payoutId', payout.id), p_now);
  elsif payout.kind = 'loan' and paid + rejected = n then
    perform promise_1(concat_ws(':', 'loan-payout', payout.id, paid, rejected), jsonb_build_object('kind', 'loan_payout_settled', 'payoutId', payout.id), p_now);
  end if;
end $$;
--> statement-breakpoint
-- Takes refuted money back off the books wherever it stands: suspense, the customer's credit, a sale with its VAT, a booking's escrow, savings. What was released or spent
-- meanwhile becomes a receivable with a task: no balance goes below zero silently. Repayments of loans are reversed before (take-back-deposit.ts), into suspense. The
-- payment is `reversed` and never open again; its invoice gets a credit note. Returns false when the deposit is not refuted, or was taken back before.
create function take_back_1(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
  told text;
  place record;
  holds bigint;
  leg int := 0;
  left_cents bigint;
  payment payments;
  invoice invoices;
  note uuid;
begin
  perform from payments where id = (select payment_id from deposits where id = p_deposit) for update;
  select * into d from deposits where id = p_deposit and refuted_at is not null and taken_back_at is null and confirmed_at is null for update;
  if not found then return false; end if;
  told := case when d.shortcode is null then 'paybill_float' else own_account_1('paybill_told', d.shortcode) end;
  left_cents := d.amount_cents;

  -- where this deposit's money stands by its own transfers, those of what it was matched to and taken back from, and the hold of its booking
  for place in
    with sources as (
      select d.id::text as id union all select m.id::text from matches m where m.deposit_id = d.id union all select u.id::text from unmatches u where u.deposit_id = d.id
      union all select p.id::text from payments p where p.counted_deposit_id = d.id and p.purpose = 'booking_fee'
    ), moved as (
      select t.credit_account as account, t.amount_cents from transfers t where t.source_id in (select id from sources)
      union all select t.debit_account, -t.amount_cents from transfers t where t.source_id in (select id from sources)
    )
    select account, sum(amount_cents)::bigint as cents from moved
    where account <> 'clearing' and account not like 'paybill_%' group by account having sum(amount_cents) > 0 order by account
  loop
    exit when left_cents = 0;
    perform from accounts where id = place.account for no key update;
    holds := case when place.account like 'savings:%' or place.account in ('booking_escrow', 'customer_credit', 'suspense') then greatest(0, -held_1(place.account))
      else place.cents end;
    -- what was given back of it is not there any more
    holds := least(holds, place.cents - (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject = d.id::text and o.source_account = place.account and o.state not in ('declined', 'rejected')), left_cents);
    if place.account = 'booking_escrow' and not exists (select from bookings b join payments p on p.id = b.id where p.counted_deposit_id = d.id and b.state in ('held', 'disputed')) then
      holds := 0; -- it was released
    end if;
    if holds > 0 then
      leg := leg + 1;
      left_cents := left_cents - holds;
      perform book_1('taken_back', d.id, leg, place.account, told, holds, p_now);
    end if;
  end loop;
  if left_cents > 0 then
    perform book_1('taken_back', d.id, leg + 1, 'receivables', told, left_cents, p_now);
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.counted_deposit_id = d.id for update loop
    update payments set status = 'reversed', failure_code = 'refuted' where id = payment.id;
    update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = payment.id and state in ('held', 'disputed');
    select * into invoice from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note';
    if found and not exists (select from invoices n where n.credits_id = invoice.id) then
      note := new_id_1();
      insert into invoices (id, payment_id, kind, credits_id, lines, vat, total_cents, rounding_cents, created_at)
      values (note, payment.id, 'credit_note', invoice.id, invoice.lines, invoice.vat, invoice.total_cents, invoice.rounding_cents, p_now);
      if payment.email is not null then perform promise_1('credit_note:' || d.id, jsonb_build_object('kind', 'invoice_email', 'invoiceId', note), p_now); end if;
    end if;
  end loop;
  update deposits set taken_back_at = p_now where id = d.id;
  perform close_tasks_1(array['deposit_refuted', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs', 'unidentified_deposit', 'underpaid_deposit', 'surplus_payment'],
    d.id::text, 'Taken back.', p_now);
  return true;
end $$;
--> statement-breakpoint
-- Moves deposits of an earlier release to the accounts of their short code: told money to `paybill_told`, proved money to its float. `p_by_status` are those whose receipt a
-- status answer proved as today's rule wants it.
create function gather_earlier_1(p_deposits uuid[], p_by_status uuid[], p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  for d in select * from deposits where id = any(p_deposits) and shortcode is null and merged_into is null order by id for update loop
    d.receipt_proved_at := case
      when d.id = any(p_by_status) then d.confirmed_at
      when d.receipt is not null and d.attempt_id is not null and exists (select from attempts a where a.id = d.attempt_id and a.receipt = d.receipt) then d.confirmed_at end;
    d.tied_by := case when d.attempt_id is null or d.receipt is null then null when d.receipt_proved_at is not null and d.id <> all(p_by_status) then 'callback' else 'reference' end;
    -- only the prompt's own success, or a receipt that is proved, proves money
    if d.attempt_id is null and d.receipt_proved_at is null then d.confirmed_at := null; end if;
    if d.taken_back_at is not null then -- taken off again where it stood
      update deposits set shortcode = p_shortcode where id = d.id;
      continue;
    end if;
    update deposits set shortcode = p_shortcode, receipt_proved_at = d.receipt_proved_at, tied_by = d.tied_by, confirmed_at = d.confirmed_at, moved_at = coalesce(moved_at, settled_at),
      confirmation_tries = case when d.receipt_proved_at is null then 0 else confirmation_tries end,
      confirmation_due_at = case when d.receipt is not null and d.receipt_proved_at is null then p_now end
    where id = d.id;
    perform book_1('gathered', d.id, 1, own_account_1(case when d.confirmed_at is null then 'paybill_told' else 'paybill_float' end, p_shortcode), 'paybill_float', d.amount_cents, p_now);
  end loop;
end $$;
--> statement-breakpoint
insert into accounts (id, kind, name) values
  ('paybill_told', 'asset', 'Told by a notice, not proved yet'),
  ('counter_sales', 'income', 'Sales over the counter')
on conflict (id) do nothing;
