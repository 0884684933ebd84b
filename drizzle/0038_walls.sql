-- Moves money from one account to several, in one statement: legs from `p_leg` on, in the order that is given.
create function book_legs_1(p_kind text, p_source uuid, p_leg int, p_debit text, p_credits text[], p_amounts bigint[], p_now timestamptz) returns void language plpgsql as $$
begin
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select new_id_1(), p_kind, p_source::text, p_leg - 1 + n, p_debit, credit, amount, p_now from unnest(p_credits, p_amounts) with ordinality as legs (credit, amount, n);
end $$;
--> statement-breakpoint
-- Moves money for what has no row of ours: its M-PESA code names it. A second booking of the same is an error here, too.
create function book_by_code_1(p_kind text, p_code text, p_leg int, p_debit text, p_credit text, p_amount bigint, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  values (new_id_1(), p_kind, p_code, p_leg, p_debit, p_credit, p_amount, p_now);
end $$;
--> statement-breakpoint
-- The money of a payment is not there, or was given back: it is `reversed`, for this reason, and never open again. Ask under its lock.
create function reverse_payment_1(p_payment uuid, p_failure_code text, p_now timestamptz) returns void language plpgsql as $$
declare
  before text := (select status from payments where id = p_payment);
begin
  update payments set status = 'reversed', failure_code = p_failure_code where id = p_payment;
  perform record_1('payment_reversed', p_payment, before, 'reversed', p_now);
end $$;
--> statement-breakpoint
-- A deposit is off the books: it is never taken back again. Ask under its lock.
create function mark_taken_back_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set taken_back_at = p_now where id = p_deposit;
end $$;
--> statement-breakpoint
-- Money that was saved is taken back out of an account of the ledger: whose savings these are is notified, and nobody where it is no member's.
create function notify_savings_taken_back_1(p_account text, p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  perform promise_notice_1('savings_taken_back', p_deposit, null, a.member_id, false, p_now) from member_accounts a where p_account = 'savings:' || a.id;
end $$;
--> statement-breakpoint
-- Whether money of a deposit stands in loans: it comes out of them only by the verb that recomputes them (reverse-repayment.ts).
create function has_repaid_1(p_deposit uuid) returns boolean language sql stable as $$
  select exists (select from repayments r where r.deposit_id = p_deposit and r.reversed_at is null)
$$;
--> statement-breakpoint
-- Whether the fee of one of these bookings is still held: what was released is not in escrow any more.
create function is_fee_held_1(p_bookings uuid[]) returns boolean language sql stable as $$
  select exists (select from bookings b where b.id = any(p_bookings) and b.state in ('held', 'disputed'))
$$;
--> statement-breakpoint
-- The fee of a booking is taken back: one that was held ends. Ask under the lock of its payment.
create function expire_held_1(p_booking uuid, p_now timestamptz) returns void language plpgsql as $$
begin
  update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = p_booking and state in ('held', 'disputed');
  if found then perform record_1('booking_expired', p_booking, 'held', 'expired', p_now); end if;
end $$;
--> statement-breakpoint
-- The money of a sold payment is taken back: a credit note takes back what no other one has of its invoice, and is promised by e-mail. Nothing where there is no invoice. Ask under the lock of the payment.
create function credit_taken_back_1(payment payments, p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  invoice invoices;
  rest invoices; -- what no credit note has taken back of it
  note uuid;
begin
  select * into invoice from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note';
  rest := rest_of_invoice_1(invoice, payment.language);
  if rest.total_cents > 0 then
    note := new_id_1();
    insert into invoices (id, payment_id, kind, credits_id, lines, vat, total_cents, rounding_cents, created_at)
    values (note, payment.id, 'credit_note', invoice.id, rest.lines, rest.vat, rest.total_cents, rest.rounding_cents, p_now);
    if payment.email is not null then perform promise_1('credit_note:' || p_deposit, jsonb_build_object('kind', 'invoice_email', 'invoiceId', note), p_now); end if;
  end if;
end $$;
--> statement-breakpoint
-- What a payment was sold for, as it was booked; nothing where it has no invoice, and so was not sold yet.
create function sold_for_1(payment payments) returns table (account text, cents bigint) language sql stable as $$
  select l.account, l.cents from sale_legs_1(payment, payment.settled_at) l
  where exists (select from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note')
$$;
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
-- What a reversal took that nobody can say the payment of has left the float all the same, once, however many statements show it: whoever got it owes it until its payment is
-- known. Then it is booked back here, and booked for that payment. Ask under the lock of its receipt.
create or replace function book_unlinked_1(p_reversal text, p_now timestamptz) returns void language plpgsql as $$
declare
  shown record;
  booked record;
  left_cents bigint;
begin
  select s.shortcode, (select sum(g.cents) from given_back_lines_1(p_reversal, s.shortcode) g where g.receipt = p_reversal) as amount_cents into shown
  from statement_lines l join statements s on s.id = l.statement_id
  where l.receipt = p_reversal and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unlinked' order by l.completed_at, s.id limit 1;
  select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) as cents, max(t.leg) as leg,
    max(case t.debit_account when 'receivables' then t.credit_account end) as float into booked
  from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = p_reversal;
  left_cents := coalesce(shown.amount_cents, 0) - booked.cents;
  if left_cents = 0 then return; end if;
  booked.float := coalesce(booked.float, own_account_1('paybill_float', shown.shortcode));
  perform book_by_code_1('reversed_elsewhere', p_reversal, coalesce(booked.leg, 0) + 1,
    case when left_cents > 0 then 'receivables' else booked.float end, case when left_cents > 0 then booked.float else 'receivables' end, abs(left_cents), p_now);
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
begin
  perform from payments where id = (select payment_id from deposits where id = p_deposit) for update;
  select * into d from deposits where id = p_deposit and taken_back_at is null
    and (refuted_at is not null and confirmed_at is null or reversed_elsewhere_cents = amount_cents and confirmed_at is not null and parts_given_back_1(id) = 0) for update;
  if not found then return false; end if;
  given_back := d.confirmed_at is not null;
  if given_back then perform book_reversed_1(d.id, p_now); end if;
  from_account := case when given_back then 'receivables' when d.shortcode is null then 'paybill_float' else own_account_1('paybill_told', d.shortcode) end;
  left_cents := d.amount_cents;
  paid := d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null);

  perform spare_bought_1(d.id, p_now);

  -- where this deposit's money stands: by its own transfers, those of what it was matched to and taken back from and of the hold of its booking; of what it counts for the sale,
  -- whichever deposit was sold first, less what was credited of it. What it had repaid of loans is all in suspense (`unmatch`), whatever corrections had moved of it meanwhile
  sources := array(select d.id::text union all select m.id::text from matches m where m.deposit_id = d.id union all select u.id::text from unmatches u where u.deposit_id = d.id
    union all select p.id::text from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose = 'booking_fee');
  perform call_back_payouts_1(sources, d.id, p_now);
  for place in
    with moved as (
      select t.credit_account as account, t.amount_cents from transfers t where t.source_id = any(sources) and t.kind not in ('sale', 'repayment', 'repayment_corrected')
      union all select t.debit_account, -t.amount_cents from transfers t where t.source_id = any(sources) and t.kind not in ('sale', 'repayment', 'repayment_corrected', 'unmatch')
      union all select l.account, l.cents from payments p, sold_for_1(p) l where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
      union all select t.debit_account, -t.amount_cents from payments p join payouts o on o.payment_id = p.id join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
      union all select t.debit_account, -t.amount_cents from payouts o join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where o.subject = d.id::text and o.payment_id is null -- refunds of a counter sale
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
    if place.account = 'booking_escrow' and not is_fee_held_1(array(select p.id from payments p where p.id = any(paid) and p.counted_deposit_id = d.id)) then
      holds := 0; -- it was released
    end if;
    if holds > 0 then
      leg := leg + 1;
      left_cents := left_cents - holds;
      perform book_1('taken_back', d.id, leg, place.account, from_account, holds, p_now);
      perform notify_savings_taken_back_1(place.account, d.id, p_now);
    end if;
  end loop;
  if left_cents > 0 then
    if not given_back then perform book_1('taken_back', d.id, leg + 1, 'receivables', from_account, left_cents, p_now); end if;
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id for update loop
    perform reverse_payment_1(payment.id, case when given_back then 'reversed_elsewhere' else 'refuted' end, p_now);
    perform expire_held_1(payment.id, p_now);
    perform credit_taken_back_1(payment, d.id, p_now);
  end loop;
  perform mark_taken_back_1(d.id, p_now);
  perform close_tasks_1(array['deposit_refuted', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs', 'unidentified_deposit', 'underpaid_deposit', 'surplus_payment'],
    d.id::text, 'Taken back.', p_now);
  if given_back then perform close_tasks_1(array['statement_reversed'], d.receipt, 'Taken back.', p_now); end if;
  return true;
end $$;
--> statement-breakpoint
-- Books a paid booking: clearing to escrow, and the fee is held. Money that comes after the booking has expired is held all the same; then nothing happens by itself,
-- and a person decides.
create or replace function hold_booking_1(payment payments, p_now timestamptz) returns void language plpgsql as $$
declare
  booking bookings;
begin
  select * into booking from bookings where id = payment.id for update;
  if booking.state is null or booking.state not in ('created', 'expired') then raise exception 'A booking was paid that does not wait for its fee.'; end if;
  update bookings set state = 'held', held_at = p_now,
    auto_resolve_at = case when booking.state = 'created' then p_now + auto_after_hours * interval '1 hour' end
  where id = booking.id;
  perform book_1('hold', payment.id, 1, 'clearing', 'booking_escrow', payment.amount_cents, p_now);
  perform record_by_1('safaricom', 'booking_held', payment.id::text, to_jsonb(booking.state), jsonb_build_object('state', 'held', 'amountCents', payment.amount_cents::text), null, p_now);
  if booking.state = 'expired' then perform open_task_1('booking_paid_late', payment.id::text, p_now); end if;
end $$;
--> statement-breakpoint
-- A part of a held fee was given back in the portal. What is left stays held, and a person decides about it, whatever was to happen by itself; where nothing is left the
-- booking ends, as one whose fee was taken back whole. Ask under the lock of its payment.
create or replace function less_held_1(p_booking uuid, p_actor text, p_now timestamptz) returns void language plpgsql as $$
declare
  booking bookings;
  held bigint;
begin
  select * into booking from bookings where id = p_booking and state in ('held', 'disputed') for update;
  if not found then return; end if;
  held := held_of_booking_1(p_booking);
  perform record_by_1(p_actor, 'booking_fee_given_back', p_booking::text, to_jsonb(booking.state), jsonb_build_object('heldCents', held::text), null, p_now);
  if held > 0 then
    if booking.auto_resolve_at is null then return; end if;
    update bookings set auto_resolve_at = null where id = p_booking;
    perform open_worded_task_1('booking_undecided', p_booking::text,
      'A part of its fee was given back in the portal, so that nothing happens to the rest by itself any more: decide who gets it (POST /api/bookings/' || p_booking || '/resolve).', p_now);
    return;
  end if;
  perform reverse_payment_1(p.id, 'reversed_elsewhere', p_now) from payments p where p.id = p_booking and p.status = 'paid';
  update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = p_booking;
  perform record_1('booking_expired', p_booking, booking.state, 'expired', p_now);
end $$;
--> statement-breakpoint
-- Books a paid order or donation: clearing to sales (or donations), VAT and rounding; drafts its invoice and promises the e-mail. `p_source` is the deposit, or the match
-- that took it out of suspense. Books nothing when the payment was sold before. One deposit may sell two in turn: what another's money has taken over from it is free for the next.
create or replace function sell_1(payment payments, p_source uuid, p_at timestamptz, p_now timestamptz) returns void language plpgsql as $$
begin
  if exists (select from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note') then return; end if;
  perform book_legs_1('sale', p_source, next_leg_1('sale', p_source), 'clearing', array_agg(account order by turn), array_agg(cents order by turn), p_now) from sale_legs_1(payment, p_at);
  perform draft_invoice_1(payment, case when exists (select from jsonb_array_elements(payment.lines) l where l ->> 'kind' = 'product') then 'invoice' else 'receipt' end,
    (select jsonb_agg(l - 'kind') from jsonb_array_elements(payment.lines) l),
    (select jsonb_agg(jsonb_build_object('vatClass', vat_class, 'basisPoints', basis_points, 'netCents', net_cents::text, 'vatCents', vat_cents::text) order by vat_class)
      from vat_of_1(payment.lines, p_at)), p_now);
end $$;
