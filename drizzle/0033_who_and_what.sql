CREATE TABLE "float_entry_parts" (
	"entry_id" uuid NOT NULL,
	"shortcode" text NOT NULL,
	"occurred_at" timestamp with time zone NOT NULL,
	"cents" bigint NOT NULL,
	CONSTRAINT "float_entry_parts_pk" PRIMARY KEY("entry_id","occurred_at"),
	CONSTRAINT "float_entry_parts_positive" CHECK ("float_entry_parts"."cents" > 0)
);
--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "receipt" text;--> statement-breakpoint
ALTER TABLE "float_entry_parts" ADD CONSTRAINT "float_entry_parts_entry_id_float_entries_id_fk" FOREIGN KEY ("entry_id") REFERENCES "public"."float_entries"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "float_entry_parts_occurred" ON "float_entry_parts" USING btree ("shortcode","occurred_at");--> statement-breakpoint
update payouts p set receipt = d.receipt from deposits d where p.kind = 'reversal' and p.state not in ('declined', 'rejected') and d.id::text = p.subject;
--> statement-breakpoint
-- What an order or donation is sold for: sales (or donations), VAT and rounding, in the order in which they are booked.
create or replace function sale_legs_1(payment payments, p_at timestamptz) returns table (turn bigint, account text, cents bigint) language sql stable as $$
  with lines as (
    select k.kind, (select coalesce(jsonb_agg(l), '[]') from jsonb_array_elements(payment.lines) l where l ->> 'kind' = k.kind) as of_kind from (values ('product'), ('donation')) k(kind)
  )
  select row_number() over (order by part, vat_class, place), account, cents
  from (
    select 1 as part, v.vat_class, 1 as place, 'sales' as account, v.net_cents as cents from lines, vat_of_1(of_kind, p_at) v where kind = 'product'
    union all select 1, v.vat_class, 2, 'vat_payable', v.vat_cents from lines, vat_of_1(of_kind, p_at) v where kind = 'product'
    union all select 2, v.vat_class, 1, 'donations', v.net_cents from lines, vat_of_1(of_kind, p_at) v where kind = 'donation'
    union all select 2, v.vat_class, 2, 'vat_payable', v.vat_cents from lines, vat_of_1(of_kind, p_at) v where kind = 'donation'
    union all select 3, '', 1, 'rounding', payment.amount_cents - payment.owed_cents
  ) legs where cents > 0
$$;
--> statement-breakpoint
-- Where the whole of a deposit was parked, whatever was given back of it since. It may have been parked more than once: what a list corrected, or a prompt gave up, goes back there.
create or replace function parked_in_1(d deposits) returns text language sql stable as $$
  select x.account from (
      select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind in ('suspense', 'surplus', 'swapped') and t.source_id = d.id::text
      union all select t.debit_account, -t.amount_cents from transfers t where t.kind in ('claimed', 'merged', 'swapped') and t.source_id = d.id::text) x
    where x.account in ('suspense', 'customer_credit') group by x.account having sum(x.cents) = d.amount_cents
$$;
--> statement-breakpoint
-- What stands in sales and VAT of a deposit that was sold over the counter.
create or replace function over_counter_1(p_deposit uuid) returns table (account text, cents bigint) language sql stable as $$
  select x.account, sum(x.cents)::bigint from (
    select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind = 'counter_sale' and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from transfers t where t.kind = 'claimed' and t.source_id = p_deposit::text) x
  where x.account not in ('suspense', 'customer_credit') group by x.account having sum(x.cents) > 0 order by x.account
$$;
--> statement-breakpoint
-- When a statement begins, by its period or else its oldest line, and the time of its newest line.
create or replace function span_1(s statements, out begins timestamptz, out newest timestamptz) language sql stable as $$
  select coalesce(s.covers_from, min(l.completed_at)), max(l.completed_at) from statement_lines l where l.statement_id = s.id
$$;
--> statement-breakpoint
-- Whether one statement lacks a line of this time that the other one has.
create or replace function lacks_1(p_statement uuid, p_other uuid, p_from timestamptz, p_until timestamptz) returns boolean language sql stable as $$
  select exists (
    select l.receipt, l.direction, l.amount_cents, l.balance_cents from statement_lines l where l.statement_id = p_other and l.completed_at between p_from and p_until
    except all
    select l.receipt, l.direction, l.amount_cents, l.balance_cents from statement_lines l where l.statement_id = p_statement and l.completed_at between p_from and p_until)
$$;
--> statement-breakpoint
-- Whether this money was given back already, so that it does not leave: `portal` (a signed statement shows it), `perhaps` (a signed statement shows a receipt as given back
-- that may be this one's: nothing has proved a receipt of its prompt's own). Ask under its lock.
create or replace function given_back_1(d deposits) returns text language sql stable as $$
  select case
    when d.reversed_elsewhere_at is not null then 'portal'
    when d.attempt_id is not null and d.receipt_proved_at is null and exists (select from deposits o
      where o.echo_of = d.attempt_id and o.amount_cents = d.amount_cents and o.id <> d.id and o.merged_into is null and o.reversed_elsewhere_at is not null) then 'perhaps' end
$$;
--> statement-breakpoint
-- Books a paid order or donation: clearing to sales (or donations), VAT and rounding; drafts its invoice and promises the e-mail. `p_source` is the deposit, or the match
-- that took it out of suspense. Books nothing when the payment was sold before. One deposit may sell two in turn: what another's money has taken over from it is free for the next.
create or replace function sell_1(payment payments, p_source uuid, p_at timestamptz, p_now timestamptz) returns void language plpgsql as $$
begin
  if exists (select from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note') then return; end if;
  insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
  select new_id_1(), 'sale', p_source::text, next_leg_1('sale', p_source) - 1 + row_number() over (order by turn), 'clearing', account, cents, p_now
  from sale_legs_1(payment, p_at);
  perform draft_invoice_1(payment, case when exists (select from jsonb_array_elements(payment.lines) l where l ->> 'kind' = 'product') then 'invoice' else 'receipt' end,
    (select jsonb_agg(l - 'kind') from jsonb_array_elements(payment.lines) l),
    (select jsonb_agg(jsonb_build_object('vatClass', vat_class, 'basisPoints', basis_points, 'netCents', net_cents::text, 'vatCents', vat_cents::text) order by vat_class)
      from vat_of_1(payment.lines, p_at)), p_now);
end $$;
--> statement-breakpoint
-- Books a settled deposit to its payment's purpose if it is the one that counts or the purpose takes everything, to the account whose reference was typed, what is more
-- than owed and every further deposit to the customer's credit, too little or money for nobody knows what to suspense; a person gets a task for these. Clearing is
-- empty again. A deposit that was held is looked at anew first: a success without a receipt may have come meanwhile, whose money it is. Safe to call twice.
-- `loan`: what it is for has to be worked out (allocate.ts does). `typed`: booked by an earlier release, which kept what was typed in sealed form alone.
create or replace function allocate_2(p_deposit uuid, p_counter_vat_class text, p_now timestamptz) returns text language plpgsql as $$
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
  if d.reversed_elsewhere_at is not null and book_reversed_1(d.id, p_now) = 'taken_back' then return 'nothing to do'; end if; -- it was given back in the portal: it pays for nothing
  if d.payment_id is distinct from payment.id then return allocate_2(p_deposit, p_counter_vat_class, p_now); end if; -- claimed while we waited: its payment is another one

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

  if d.confirmed_at is not null and payment.status = 'paid' and payment.counted_deposit_id <> d.id then
    -- it came while what counts was told and not booked yet, which may be a lie: as count_deposit_1, whichever of the two is booked first
    update payments p set counted_deposit_id = d.id from deposits c
    where p.id = payment.id and c.id = payment.counted_deposit_id and c.confirmed_at is null and c.allocated_at is null and d.amount_cents >= p.amount_cents;
    if found then perform record_1('counted_deposit_changed', payment.id, payment.counted_deposit_id::text, d.id::text, p_now); end if;
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
    else raise exception 'No purpose "%" is wired in: see allocate_2.', payment.purpose;
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
-- Where the whole of a deposit stands: `gone` (taken back), `clearing` (not allocated), `suspense` or `customer_credit` (nothing of it taken), `spent` otherwise.
create or replace function stands_in_1(d deposits) returns text language plpgsql stable as $$
begin
  if d.taken_back_at is not null then return 'gone'; end if;
  if d.allocated_at is null then return 'clearing'; end if;
  if exists (select from payouts o where o.subject = d.id::text and o.state not in ('declined', 'rejected')) then return 'spent'; end if;
  if exists (select from matches m where m.deposit_id = d.id) then return 'spent'; end if;
  return coalesce(parked_in_1(d), 'spent');
end $$;
--> statement-breakpoint
-- The money of a deposit is proved: it moves from what is told to the float. Proof that comes after it was taken back opens the movement anew.
create or replace function prove_money_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
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
create or replace function open_after_all_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  d.confirmation_tries := 0; d.allocation_tries := 0; d.version := 0; d.may_echo := coalesce(d.may_echo, false);
  insert into deposits select d.*;
  perform book_1('proved_after_all', d.id, 1, own_account_1('paybill_float', d.shortcode), 'clearing', d.amount_cents, p_now);
  perform open_task_1('deposit_proved_after_all', d.id::text, p_now);
end $$;
--> statement-breakpoint
-- What was counted as proved is only told again: the proof may be, or is, another movement's.
create or replace function disprove_money_1(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set confirmed_at = null where id = d.id;
  if d.shortcode is not null then
    perform book_1('disproved', d.id, next_leg_1('disproved', d.id), own_account_1('paybill_told', d.shortcode), own_account_1('paybill_float', d.shortcode), d.amount_cents, p_now);
  end if;
  if d.reversed_elsewhere_at is not null then perform book_reversed_1(d.id, p_now); end if;
end $$;
--> statement-breakpoint
-- A deposit counts for its payment if it pays it, or if it is proved where what counted is not: a lie may not keep the place of money that came.
create or replace function count_deposit_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
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
  if counted.confirmed_at is not null or counted.payment_id is distinct from payment.id and matched is null or counted.allocated_at is null
    or not exists (select from transfers t where t.source_id in (counted.id::text, matched::text, payment.id::text) and t.kind in ('sale', 'hold')) then return; end if;
  if d.allocated_at is not null and stands_in_1(d) <> 'customer_credit' then return; end if;
  perform swap_counted_1(payment, counted, d, p_now);
end $$;
--> statement-breakpoint
-- What was bought stays bought, with the money of `d`; the other one's becomes the customer's to be given back, once it is proved. `d` waits to be allocated, or stands whole
-- in the customer's credit.
create or replace function swap_counted_1(payment payments, counted deposits, d deposits, p_now timestamptz) returns void language plpgsql as $$
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
    allocated_at = coalesce(allocated_at, p_now), refuted_at = case when p_into is null then p_now end, taken_back_at = case when p_into is null then p_now end,
    reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null
  where id = d.id;
  if d.reversed_elsewhere_at is not null then perform book_reversed_1(d.id, p_now); end if;
  if exists (select from deposits o where o.id = p_into) then
    update payments set counted_deposit_id = p_into where counted_deposit_id = d.id and id = (select o.payment_id from deposits o where o.id = p_into);
  end if;
  update payments set status = 'expired', counted_deposit_id = null, settled_at = null where counted_deposit_id = d.id and status = 'paid';
  perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs',
    'receipt_doubted', 'receipt_payer_differs', 'receipt_told_twice'], d.id::text, 'The same movement as deposit ' || p_into || '.', p_now);
  return true;
end $$;
--> statement-breakpoint
-- A counter sale that turns out to be something else's money: it goes back to clearing. False when there is none.
create or replace function undo_counter_sale_1(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  sold record;
begin
  for sold in select * from over_counter_1(p_deposit) loop
    perform book_1('claimed', p_deposit, next_leg_1('claimed', p_deposit), sold.account, 'clearing', sold.cents, p_now);
    update deposits set allocated_at = null where id = p_deposit;
  end loop;
  return sold is not null;
end $$;
--> statement-breakpoint
-- A deposit becomes the money of an attempt, where it stands: whatever is whole goes back to clearing, to be allocated to the attempt's payment. False, and nothing
-- is done, when it has paid for something else.
create or replace function claim_deposit_1(d deposits, attempt attempts, p_tied_by text, p_now timestamptz) returns boolean language plpgsql as $$
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
    update payments set status = 'expired', counted_deposit_id = null, settled_at = null where counted_deposit_id = d.id and status = 'paid';
  end if;
  update deposits set attempt_id = attempt.id, payment_id = attempt.payment_id, standing = null, tied_by = p_tied_by, held_until = null,
    allocation_due_at = case when allocated_at is null then p_now end
  where id = d.id;
  perform prove_money_1(d.id, p_now);
  return true;
end $$;
--> statement-breakpoint
-- Opens one more prompt for a payment that was not paid (of the type `p_type`, if one is named). `earlierMayBePaid`: an earlier prompt can still be paid as well.
create or replace function open_again_1(
  p_payment uuid, p_type text, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz,
  out id uuid, out reference text, out "amountCents" bigint, out language text, out "liveUntil" timestamptz, out "earlierMayBePaid" boolean
) language plpgsql as $$
declare
  payment payments;
begin
  perform claim_key_1(p_scope, p_key, p_fingerprint, p_attempt, p_payment, p_now);
  -- always payment, then attempt
  select * into payment from payments p where p.id = p_payment for update;
  if payment.id is null or payment.purpose <> p_type then perform refuse('payment_not_found'); end if;
  if payment.status = 'paid' then perform refuse('already_paid', jsonb_build_object('paymentId', payment.id, 'language', payment.language)); end if;
  if payment.status in ('reversed', 'refunded') then
    perform refuse('payment_returned', jsonb_build_object('paymentId', payment.id, 'language', payment.language, 'status', payment.status, 'failureCode', payment.failure_code));
  end if;
  -- it was paid by hand, as a notice tells that waits for proof: who answers a prompt as well pays twice
  if exists (select from deposits h where h.payment_id = payment.id and h.held_until = 'infinity' and h.allocated_at is null and h.merged_into is null
    and h.refuted_at is null and h.amount_cents >= payment.amount_cents) then
    perform refuse('payment_being_checked', jsonb_build_object('paymentId', payment.id, 'language', payment.language));
  end if;
  -- a prompt has ended, and Safaricom was not yet asked how
  if exists (select from attempts a where a.payment_id = payment.id and a.state in ('requested', 'pending', 'unknown') and a.live_until <= p_now
    and a.checkout_request_id is not null and a.queried_at is null) then perform refuse('still_checking', jsonb_build_object('paymentId', payment.id)); end if;
  if payment.purpose = 'booking_fee' then perform refuse_late_booking_1(payment.id, p_now); end if;

  "liveUntil" := write_attempt_1(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  update payments p set latest_attempt_id = p_attempt, status = 'pending', failure_code = null where p.id = payment.id;
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language;
  "earlierMayBePaid" := exists (select from attempts a where a.payment_id = payment.id and a.id <> p_attempt
    and a.state in ('requested', 'pending', 'unknown') and a.payable_until > p_now);
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
  gone uuid;                -- what was taken back under this receipt, which came after all
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
  if known.taken_back_at is not null and p_source in ('pull', 'statement') then
    -- a list says what it was for: where it belongs is looked for anew
    gone := known.id;
    update deposits set receipt = null where id = gone;
    known := null;
  end if;
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
    update deposits set merged_into = success where id = gone;
    return;
  end if;
  verdict := 'arrives';
  if d.moved_at is null then
    d.moved_at := value_date_1(p_receipt, p_now);
    if p_source <> 'status' then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
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
    perform count_deposit_1(d.id, p_now);
    "depositId" := d.id;
  end if;
end $$;
--> statement-breakpoint
-- Settles what a callback or a query says about an attempt: evidence, states, the movement and its booking, task and audit. Safe to repeat, in any order, from any
-- source: states only move up, a movement is booked once, and what disagrees with what was asked is quarantined.
create or replace function settle_stk_1(
  p_attempt uuid, p_source text, p_body_hash text, p_body text, p_says text, p_final boolean, p_amount bigint, p_phone_hash text, p_phone_tail text,
  p_checkout_hash text, p_checkout text, p_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz,
  out "paymentId" uuid, out "depositId" uuid, out verdict text, out duplicate boolean
) language plpgsql as $$
declare
  attempt attempts;
  payment payments;
  named text; -- the receipt that this success has, proved (callback) or not
  of_group boolean := false; -- whether it takes the lock of its amount: it may tie receipts and prompts to each other
begin
  select * into attempt from attempts where id = p_attempt;
  named := coalesce(p_receipt, attempt.told_receipt);
  -- money cannot have moved before it was asked for; a stamp that says so is no value date
  p_moved_at := case when p_moved_at >= attempt.created_at - interval '10 minutes' then least(p_moved_at, p_now) end;
  if p_says = 'paid' then
    of_group := p_source = 'query' or attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id is distinct from p_attempt);
    if of_group then perform lock_group_1(attempt.amount_cents); end if;
    perform lock_receipt_1(named);
  end if;
  perform from payments where id in (attempt.payment_id, (select d.payment_id from deposits d where d.receipt = named and p_says = 'paid')) order by id for update;
  select * into payment from payments where id = attempt.payment_id;
  select * into attempt from attempts where id = p_attempt for update;
  if p_says = 'paid' and (coalesce(p_receipt, attempt.told_receipt) is distinct from named
    or not of_group and (attempt.state = 'paid' or exists (select from deposits d where d.receipt = named and d.attempt_id is distinct from p_attempt))) then
    -- another source was faster, and what it said asks for other locks: they are taken in one order, so all of it is done anew
    raise exception 'Another source has settled this prompt meanwhile.' using errcode = 'serialization_failure';
  end if;
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
-- Books the success of an attempt once. The receipt that a callback names wins: it claims the row that bears it, wherever that stands, and what the success had by a
-- guess becomes a movement of its own again. Returns the deposit that now waits to be allocated, if any.
create or replace function take_success_1(
  attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  own deposits;    -- what this attempt's success is booked as
  holder deposits; -- what bears the receipt now
  receipt deposits;
  given deposits;  -- what signed statements show as given back of that receipt
begin
  select * into own from deposits where attempt_id = attempt.id;
  select * into holder from deposits where deposits.receipt = p_receipt and id is distinct from own.id;
  given := holder;
  if holder.attempt_id is not null and holder.taken_back_at is not null then -- that prompt's own money was not given back
    perform free_receipt_1(holder.id, p_now);
    select * into holder from deposits where id = holder.id;
  end if;

  if holder.taken_back_at is not null then -- it was taken back, and came after all: a movement of its own
    perform merge_deposit_1(holder.id, own.id, p_now);
    holder := null;
  end if;

  if own.id is not null then
    if p_receipt is null or own.receipt = p_receipt and (own.tied_by = 'callback' or not p_proves_receipt) and (own.receipt_proved_at is not null or not p_proves_receipt) then return null; end if;
    if own.tied_by = 'callback' and own.receipt is not null and not p_proves_receipt then return null; end if;
    if own.receipt is distinct from p_receipt then
      if own.receipt is not null and holder.attempt_id is null and holder.id = payment.counted_deposit_id and holder.amount_cents = attempt.amount_cents
        and stands_in_1(holder) = 'spent' then
        perform swap_names_1(own, holder, attempt, p_proves_receipt, p_moved_at, p_now);
        return (select id from deposits where id = own.id and allocated_at is null and merged_into is null);
      end if;
      -- the prompt that had it by a guess is nameless again, before what this one had by a guess may move there
      if holder.attempt_id is not null then perform unname_deposit_1(holder.id); end if;
      if own.receipt is not null then
        perform free_receipt_1(own.id, p_now);
        select * into own from deposits where attempt_id = attempt.id; -- it may have been taken back
      end if;
      if holder.attempt_id is null and holder.id is not null then
        if holder.receipt_proved_at is not null then p_proves_receipt := true; end if;
        perform merge_deposit_1(holder.id, own.id, p_now);
      end if;
    end if;
    update deposits set receipt = p_receipt, tied_by = 'callback',
      receipt_proved_at = coalesce(case when own.receipt = p_receipt then receipt_proved_at end, case when p_proves_receipt then p_now end),
      moved_at = coalesce(p_moved_at, moved_at), confirmation_due_at = case when not p_proves_receipt then p_now + interval '2 minutes' end
    where id = own.id;
    if given.reversed_elsewhere_at is not null then perform given_back_by_1(own.id, given, p_now); end if;
    if given.attempt_id is not null then perform take_reversal_along_1(given.id, own.id, p_now); end if;
    perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
    if p_proves_receipt then perform clear_doubt_1(attempt.id, p_now); end if;
    if holder.attempt_id is not null then perform name_again_1(holder.id, p_now); end if;
    return null;
  end if;

  if holder.attempt_id is not null then
    perform unname_deposit_1(holder.id);
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
        if receipt.receipt_proved_at is null then perform doubt_receipt_1(attempt, receipt.id, p_shortcode, p_now); end if;
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
  if p_receipt is null then
    perform match_left_over_1(attempt, p_shortcode, p_now);
    if exists (select from deposits d where d.id = own.id and d.receipt is null) then perform doubt_receipt_1(attempt, own.id, p_shortcode, p_now); end if;
  end if;
  perform count_deposit_1(own.id, p_now);
  if given.reversed_elsewhere_at is not null then perform given_back_by_1(own.id, given, p_now); end if;
  if given.attempt_id is not null then perform take_reversal_along_1(given.id, own.id, p_now); end if;
  if holder.attempt_id is not null then perform name_again_1(holder.id, p_now); end if;
  return (select id from deposits where id = own.id and allocated_at is null);
end $$;
--> statement-breakpoint
-- A success has another receipt by a guess, and the money whose receipt its callback names has paid for the same thing already: the two change names. What was bought stays
-- bought with the money that came, and what the guess was about is a movement of its own.
create or replace function swap_names_1(
  own deposits, holder deposits, attempt attempts, p_proves_receipt boolean, p_moved_at timestamptz, p_now timestamptz
) returns void language plpgsql as $$
declare
  place text := stands_in_1(own);
  guessed text := own.tied_by;
  nameless uuid;
begin
  update deposits set source = 'c2b', attempt_id = null, tied_by = null, echo_of = null, confirmation_due_at = case when receipt_proved_at is null then p_now end
  where id = own.id returning * into own;
  update deposits set attempt_id = attempt.id, tied_by = 'callback', held_until = null, moved_at = coalesce(p_moved_at, moved_at),
    receipt_proved_at = coalesce(receipt_proved_at, case when p_proves_receipt then p_now end),
    confirmation_due_at = case when receipt_proved_at is null and not p_proves_receipt then p_now + interval '2 minutes' end
  where id = holder.id;
  perform prove_money_1(holder.id, p_now);
  perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
  if own.receipt_proved_at is null and own.confirmed_at is not null then perform disprove_money_1(own, p_now); end if;
  if guessed <> 'reference' and place not in ('spent', 'gone') then -- only that guess said for what it was
    if place <> 'clearing' then
      perform book_1('claimed', own.id, next_leg_1('claimed', own.id), place, 'clearing', own.amount_cents, p_now);
      perform close_tasks_1(array['unidentified_deposit', 'surplus_payment'], own.id::text, 'It is another movement than was thought.', p_now);
    end if;
    update deposits set payment_id = null, allocated_at = null, allocation_due_at = p_now, held_until = null where id = own.id;
  end if;
  select * into own from deposits where id = own.id;
  nameless := find_place_1(own, array[own.moved_at], false, array[holder.id], p_now);
  if nameless is not null and merge_deposit_1(own.id, nameless, p_now) then perform name_deposit_1(nameless, own, null, p_now); end if;
  if p_proves_receipt then perform clear_doubt_1(attempt.id, p_now); end if;
end $$;
--> statement-breakpoint
-- A success that lost a receipt it had by a guess may have another one.
create or replace function name_again_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  own deposits;
  attempt attempts;
  receipt deposits;
begin
  perform book_reversed_1(p_deposit, p_now); -- the receipt that it lost may have been given back
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
-- What a success has by a guess, as a movement of its own again: told, or proved if the receipt is. What is known of the receipt alone (that it was given back) goes with it.
create or replace function as_freed_1(own deposits, p_now timestamptz) returns deposits language plpgsql as $$
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
-- A success has no receipt any more, and nothing that the receipt's source has said of the payer.
create or replace function unname_deposit_1(p_deposit uuid) returns void language plpgsql as $$
begin
  update deposits set receipt = null, receipt_proved_at = null, tied_by = null, confirmation_due_at = null, payer_name = null, payer_phone = null, payer_hash = null, payer_tail = null,
    reversed_elsewhere_at = null, reversed_elsewhere_cents = null, reversal_receipt = null
  where id = p_deposit;
end $$;
--> statement-breakpoint
-- The receipt that a success had by a guess becomes a movement of its own again. It may be the name of another success. Where it was given back in the portal and taken back
-- already, its row is that movement, and the success is booked anew.
create or replace function free_receipt_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
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
    return;
  end if;
  nameless := find_place_1(freed, array[freed.moved_at], false, array[own.id], p_now);
  perform unname_deposit_1(own.id);
  if nameless is not null then
    perform name_deposit_1(nameless, freed, own.tied_by, p_now);
    perform take_reversal_along_1(own.id, nameless, p_now);
  else
    perform open_deposit_1(freed, p_now);
    perform take_reversal_along_1(own.id, freed.id, p_now);
    if freed.reversed_elsewhere_at is not null then perform book_reversed_1(freed.id, p_now); end if;
  end if;
  if own.reversed_elsewhere_at is not null then perform book_reversed_1(own.id, p_now); end if;
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
      and o.taken_back_at is null and not exists (select from payouts p where p.subject = o.id::text and p.state not in ('declined', 'rejected'))
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
      if n.reversed_elsewhere_at is not null then perform book_reversed_1(n.id, p_now); end if;
      perform name_deposit_1(place, freed, null, p_now);
      place := n.id;
      return;
    end if;
  end loop;
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
    if stands_in_1(d) = 'spent' and not exists (select from over_counter_1(d.id)) then continue; end if;
    times := case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end;
    success := find_place_1(d, times, false, '{}', p_now);
    if success is not null and merge_deposit_1(d.id, success, p_now) then
      perform name_deposit_1(success, d, null, p_now);
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- A success learns a receipt, and what its notice says of the payer. The receipt is proved only if it is proved by itself: proof is never lent.
create or replace function name_deposit_1(p_deposit uuid, d deposits, p_tied_by text, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits n set receipt = d.receipt, receipt_proved_at = d.receipt_proved_at,
    tied_by = coalesce(p_tied_by, (select tie_of_1(d, a) from attempts a where a.id = n.attempt_id)),
    typed_reference = coalesce(d.typed_reference, n.typed_reference), payer_name = coalesce(d.payer_name, n.payer_name),
    payer_phone = coalesce(d.payer_phone, n.payer_phone), payer_hash = coalesce(d.payer_hash, n.payer_hash), payer_tail = coalesce(d.payer_tail, n.payer_tail),
    moved_at = coalesce(d.moved_at, n.moved_at), may_echo = d.may_echo,
    reversed_elsewhere_at = d.reversed_elsewhere_at, reversed_elsewhere_cents = d.reversed_elsewhere_cents, reversal_receipt = d.reversal_receipt,
    confirmation_tries = 0, confirmation_due_at = case when d.receipt_proved_at is null then p_now + interval '2 minutes' end
  where n.id = p_deposit;
  if d.reversed_elsewhere_at is not null then perform book_reversed_1(p_deposit, p_now); end if;
  perform close_tasks_1(array['receipt_missing'], p_deposit::text, 'Its receipt is known.', p_now);
end $$;
--> statement-breakpoint
-- Whether nothing but the time (and perhaps three masked digits that others have too) says whose money this is: of a tie, or of what one of its group left over.
create or replace function is_guess_1(d deposits) returns boolean language plpgsql stable as $$
declare
  attempt attempts;
begin
  if d.tied_by = 'time' then return true; end if;
  if d.attempt_id is null and not d.may_echo then
    -- a notice's words may be a lie: while a success of its amount and time has no proved receipt, the receipt may be that one's
    return d.source = 'c2b' and exists (select from deposits n join attempts a on a.id = n.attempt_id
      where (n.receipt is null or n.tied_by = 'time' or n.receipt_proved_at is null and n.tied_by in ('reference', 'payer')) and n.merged_into is null
        and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode and may_fit_1(a, sure_times_1(d), d.receipt, d.payer_hash, d.payer_tail));
  end if;
  if d.attempt_id is not null then
    select * into attempt from attempts where id = d.attempt_id;
    -- the reference is that of the prompt, and the number another one: somebody else may have paid by hand
    if d.tied_by = 'reference' and not may_be_from_1(attempt, d.payer_hash, d.payer_tail) then return true; end if;
    if d.tied_by is distinct from 'payer' or d.payer_hash = attempt.phone_hash then return false; end if;
    return exists (select from deposits o where o.may_echo and o.attempt_id is null and o.merged_into is null and o.amount_cents = d.amount_cents and o.id <> d.id
        and o.shortcode is not distinct from d.shortcode and fits_1(attempt, array[o.moved_at], o.payer_hash, o.payer_tail))
      or exists (select from deposits n join attempts a on a.id = n.attempt_id where n.id <> d.id and n.amount_cents = d.amount_cents
        and n.shortcode is not distinct from d.shortcode and (n.receipt is null or n.tied_by in ('payer', 'time')) and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail));
  end if;
  return exists (select from deposits n join attempts a on a.id = n.attempt_id where n.id <> d.id and n.amount_cents = d.amount_cents and n.merged_into is null
    and n.shortcode is not distinct from d.shortcode and fits_1(a, array[d.moved_at], d.payer_hash, d.payer_tail)
    and (n.receipt is null or n.tied_by = 'time' or n.tied_by = 'payer' and n.payer_hash is distinct from a.phone_hash
      or n.tied_by = 'reference' and not may_be_from_1(a, n.payer_hash, n.payer_tail)));
end $$;
--> statement-breakpoint
-- A success has no proved receipt, and a receipt of its amount and time was proved that a notice had told, or a person had matched, for something else: both may be one
-- movement. What was proved of that receipt is then only told, until the success has a receipt of its own.
create or replace function doubt_receipt_1(attempt attempts, p_success uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
begin
  select o.* into d from deposits o
  where o.attempt_id is null and (o.source = 'c2b' or o.may_echo) and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null
    and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
    and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
    and may_fit_1(attempt, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail)
  order by (o.payer_hash = attempt.phone_hash) desc nulls last, (o.payer_tail = attempt.phone_tail) desc nulls last, abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
  limit 1 for update;
  if not found then -- one that fits another success better, whose own by a guess may be this one's
    select o.* into d from deposits o
    where o.attempt_id is null and (o.source = 'c2b' or o.may_echo) and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null
      and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
      and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
      and exists (select from deposits n join attempts a on a.id = n.attempt_id
        where n.tied_by in ('payer', 'time') and n.receipt is not null and n.merged_into is null and n.amount_cents = o.amount_cents and n.shortcode is not distinct from p_shortcode
          and may_fit_1(attempt, array[n.moved_at], n.receipt, n.payer_hash, n.payer_tail) and may_fit_1(a, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail))
    order by abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
    limit 1 for update;
  end if;
  if d.id is null then return; end if;
  if d.taken_back_at is not null then -- it was given back in the portal: the success may be that movement (given_back_1)
    update deposits set echo_of = attempt.id where id = d.id;
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  if exists (select from payouts p where p.subject = d.id::text and p.state not in ('declined', 'rejected')) then -- it is on its way back to somebody
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  update deposits set echo_of = attempt.id where id = d.id;
  perform disprove_money_1(d, p_now);
  perform open_task_1('receipt_doubted', d.id::text, p_now);
end $$;
--> statement-breakpoint
-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the
-- state is `unknown` until a result or the transaction's status tells. Money that left after all, once its reserve was given back, is booked and becomes a person's
-- task. What is reversed leaves the float of the short code that received it, what is paid that of p_shortcode. Safe to repeat, in any order, from any source.
create or replace function settle_withdrawal_2(
  p_withdrawal uuid, p_source text, p_body_hash text, p_body text, p_says text, p_amount bigint, p_receipt text, p_two_receipts boolean, p_originator text, p_conversation text,
  p_payee_hash text, p_original_receipt text, p_result_code text, p_shortcode text, p_moved_at timestamptz, p_now timestamptz, out verdict text
) language plpgsql as $$
declare
  payout payouts;
  withdrawal withdrawals;
  told deposits;
  reversed deposits;
  payee_agrees boolean;
begin
  perform lock_receipt_1(p_receipt);
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject::uuid end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = coalesce(payout.receipt, reversed.receipt) else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- somebody may have told of this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        update deposits set receipt = null, receipt_proved_at = null, tied_by = null, confirmation_due_at = null, reversed_elsewhere_at = null, reversed_elsewhere_cents = null,
          reversal_receipt = null
        where id = told.id;
        perform book_reversed_1(told.id, p_now);
      else
        perform merge_deposit_1(told.id, null, p_now);
      end if;
      perform open_task_1('evidence_own_payout', p_receipt, p_now);
    end if;
    update withdrawals set state = 'paid', receipt = coalesce(receipt, p_receipt), result_code = p_result_code, settled_at = p_now, moved_at = moved_within_1(p_moved_at, payout.decided_at, p_now),
      query_due_at = null, conversation_id = coalesce(conversation_id, p_conversation)
    where id = withdrawal.id;
    perform book_1(case verdict when 'pays' then 'payout_paid' else 'payout_late' end, withdrawal.id, 1,
      case verdict when 'pays' then 'payout_reserve' else payout.source_account end, own_account_1('paybill_float', coalesce(reversed.shortcode, p_shortcode)), withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    update withdrawals set state = 'rejected', result_code = p_result_code, settled_at = p_now, query_due_at = null where id = withdrawal.id;
    perform book_1('payout_released', withdrawal.id, 1, 'payout_reserve', payout.source_account, withdrawal.amount_cents, p_now);
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved'], withdrawal.id::text, 'It was rejected.', p_now);
  elsif verdict = 'known' then
    update withdrawals set receipt = p_receipt where id = withdrawal.id and receipt is null and p_says = 'paid' and p_receipt is not null and not p_two_receipts;
    update withdrawals set moved_at = moved_within_1(p_moved_at, payout.decided_at, settled_at) where id = withdrawal.id and moved_at is null and p_says = 'paid';
  elsif verdict in ('unclear', 'two_receipts', 'other_conversation') then
    -- its status is asked soon; an answer to that question has its own ladder
    update withdrawals set state = 'unknown', query_due_at = case when p_source = 'transaction-status' then query_due_at else least(query_due_at, p_now + interval '1 minute') end
    where id = withdrawal.id and state in ('dispatched', 'unknown');
  end if;
  if verdict in ('late') then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
  if verdict in ('pays', 'late') and payout.kind = 'reversal' and payout.source_account = 'refunds' then -- its receipt may have got another place meanwhile
    perform settle_moved_reversal_1(payout.id, p.counted_deposit_id, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
  end if;
end $$;
--> statement-breakpoint
-- What of a statement disagrees with signed ones of its account: `balance` where a later one, up to the first that follows it, does not open with what this one has for that
-- moment; `lines` where it shares days with one, and either has a line of them that the other has not, as far as both go. Nothing where all agree.
create or replace function clashes_1(s statements) returns text language plpgsql stable as $$
declare
  own record := span_1(s);
  o record;
  own_lacks boolean;
  other_lacks boolean;
begin
  for o in
    select b.id, b.opening_cents, x.begins, x.newest from statements b cross join lateral span_1(b) x
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and x.begins > own.begins
    order by x.begins, b.id
  loop
    if o.opening_cents <> coalesce((select l.balance_cents from statement_lines l where l.statement_id = s.id and l.completed_at < o.begins order by l.n desc limit 1), s.opening_cents) then
      return 'balance';
    end if;
    exit when o.begins > coalesce(s.covers_to, own.newest);
  end loop;
  for o in
    select b.id, greatest(x.begins, own.begins) as begins, least(x.newest, own.newest) as until, x.newest from statements b cross join lateral span_1(b) x
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and x.begins <= own.newest and x.newest >= own.begins
  loop
    own_lacks := lacks_1(s.id, o.id, o.begins, o.until);
    other_lacks := lacks_1(o.id, s.id, o.begins, o.until);
    -- a file may end in the middle of a second
    if own_lacks and (other_lacks or own.newest > o.until) or other_lacks and o.newest > o.until
      or lacks_1(s.id, o.id, o.begins, o.until - interval '1 second') or lacks_1(o.id, s.id, o.begins, o.until - interval '1 second') then return 'lines'; end if;
  end loop;
  return null;
end $$;
--> statement-breakpoint
-- A receipt that Safaricom was asked to reverse gets another place: what was sent for it goes with it, so that it is not given back a second time, and a person looks at both.
-- What is not sent yet stays, and is not sent any more (receipt-moved.ts). Ask under the locks of both deposits.
create or replace function take_reversal_along_1(p_from uuid, p_to uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
begin
  for o in
    select p.* from payouts p join deposits d on d.id = p_to
    where p.subject = p_from::text and p.kind = 'reversal' and p.receipt = d.receipt and p.state not in ('declined', 'rejected')
      and exists (select from withdrawals w where w.payout_id = p.id and w.dispatched_at is not null)
    order by p.id
  loop
    update payouts set subject = p_to::text where id = o.id;
    perform open_task_1('reversal_of_another', o.id::text, p_now);
    if o.state = 'paid' then perform settle_moved_reversal_1(o.id, p_from, p_now); end if;
  end loop;
end $$;
--> statement-breakpoint
-- A reversal was paid whose receipt is another movement than was thought: that movement has come and gone. What was taken for it out of a sale was the money of another
-- deposit, which stays and is the customer's; out of where money waits, it is put back there.
create or replace function settle_moved_reversal_1(p_payout uuid, p_of uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
  d deposits; -- what was reversed
  place text;
begin
  select * into o from payouts where id = p_payout;
  select * into d from deposits where id = o.subject::uuid for update;
  if d.attempt_id is not null or d.merged_into is not null or d.taken_back_at is not null or d.amount_cents <> o.amount_cents then return; end if;
  if d.confirmed_at is null then -- what Safaricom has reversed has come
    update deposits set receipt_proved_at = coalesce(receipt_proved_at, p_now), confirmation_due_at = null where id = d.id;
    perform prove_money_1(d.id, p_now);
  end if;
  place := case when d.allocated_at is null then 'clearing' else parked_in_1(d) end;
  if place is null or place = o.source_account or o.source_account not in ('refunds', 'customer_credit', 'suspense') then return; end if;
  if place <> 'clearing' then perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', d.amount_cents, p_now); end if;
  if o.source_account = 'refunds' then
    perform book_1('swapped', p_of, next_leg_1('swapped', p_of), 'clearing', 'customer_credit', d.amount_cents, p_now);
    perform open_task_1('surplus_payment', p_of::text, p_now);
  elsif o.source_account = 'customer_credit' then
    perform book_1('surplus', d.id, next_leg_1('surplus', d.id), 'clearing', 'customer_credit', d.amount_cents, p_now);
  else
    perform book_1('suspense', d.id, next_leg_1('suspense', d.id), 'clearing', 'suspense', d.amount_cents, p_now);
  end if;
  update deposits set allocated_at = coalesce(allocated_at, p_now), allocation_due_at = null, held_until = null where id = d.id;
  perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'It was reversed.', p_now);
end $$;
--> statement-breakpoint
-- Books what signed statements show as given back by somebody in the portal of the receipt that a deposit has, as far as it is not booked: it has left the float, and whoever
-- it was given back to owes it until it is taken back where it stands. It is booked back where the deposit has that receipt no more, or its money is only told. What nobody has
-- allocated yet pays for nothing: it is taken back at once. Ask under the deposit's lock.
create or replace function book_reversed_1(p_deposit uuid, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  float text;
  booked bigint;
  left_cents bigint;
begin
  select * into d from deposits where id = p_deposit;
  if d.taken_back_at is not null then return 'taken_back'; end if;
  select coalesce(sum(case when t.credit_account like 'paybill_float%' then t.amount_cents else -t.amount_cents end), 0) into booked
  from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = d.id::text;
  if booked = 0 and d.reversed_elsewhere_at is null then return null; end if;
  float := case when d.shortcode is null then 'paybill_float' else own_account_1('paybill_float', d.shortcode) end;
  -- in doubt whose it is, it is not in the float
  left_cents := case when d.confirmed_at is null or d.merged_into is not null then 0 else coalesce(d.reversed_elsewhere_cents, 0) end - booked;
  if left_cents < 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), float, 'receivables', -left_cents, p_now); end if;
  if d.confirmed_at is not null and d.merged_into is null and d.allocated_at is null and d.reversed_elsewhere_cents = d.amount_cents then
    if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'clearing', float, left_cents, p_now); end if;
    if booked > 0 then perform book_1('taken_back', d.id, next_leg_1('taken_back', d.id), 'clearing', 'receivables', booked, p_now); end if;
    perform close_tasks_1(array['statement_reversed'], d.receipt, 'It pays for nothing any more: taken back.', p_now);
    update deposits set taken_back_at = p_now, allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    update payments set status = 'reversed', failure_code = 'reversed_elsewhere' where counted_deposit_id = d.id and status = 'paid';
    return 'taken_back';
  end if;
  if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'receivables', float, left_cents, p_now); end if;
  return 'locked';
end $$;
--> statement-breakpoint
-- A deposit has got a receipt of which signed statements show that it was given back in the portal: what they show goes with the receipt.
create or replace function given_back_by_1(p_deposit uuid, p_given deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set reversed_elsewhere_at = p_given.reversed_elsewhere_at, reversal_receipt = p_given.reversal_receipt,
    reversed_elsewhere_cents = least(amount_cents, p_given.reversed_elsewhere_cents)
  where id = p_deposit;
  perform book_reversed_1(p_deposit, p_now);
end $$;
--> statement-breakpoint
-- Settles the next line of a signed statement that shows a customer's payment as given back in the portal: false when there is none left. The payment is proved and locked:
-- it cannot leave a second time. taken_back: it had paid for nothing. locked: a person takes it back (take-back.sql). ours: we had asked for it. unknown: nobody has
-- told us of the payment. other_shortcode: it came to another one.
create or replace function settle_reversed_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
  l statement_lines;
  paid statement_lines;
  d deposits;
  r record;
  given_back text;
  says text;
begin
  select * into s from statements where id = p_statement and state in ('signed', 'done') for update;
  if not found then return false; end if;
  select * into l from statement_lines x where x.statement_id = s.id and x.finding = 'reversed' and x.direction = 'out' and x.verdict is null order by x.n limit 1;
  if not found then return false; end if;
  given_back := coalesce(l.linked_receipt, l.receipt);

  -- the payment first, if this statement has it: nobody may allocate it in between
  select * into paid from statement_lines x
  where x.receipt = given_back and x.statement_id = s.id and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
  perform lock_group_1(coalesce(paid.amount_cents, (select o.amount_cents from deposits o where o.receipt = given_back), l.amount_cents));
  if paid.n is not null then
    select * into r from settle_receipts_1('statement', jsonb_build_array(proof_of_line_1(s, paid)), p_now);
    if r.verdict is not null then update statement_lines x set verdict = r.verdict where x.statement_id = s.id and x.n = paid.n; end if;
  elsif exists (select from deposits o where o.receipt = given_back and o.confirmed_at is null and o.shortcode = s.shortcode and o.taken_back_at is null) then
    -- what is given back whole has come
    perform settle_receipts_1('status', jsonb_agg(jsonb_build_object('receipt', o.receipt, 'amount', o.amount_cents, 'shortcode', o.shortcode, 'prompts', o.may_echo,
      'times', jsonb_build_array(o.moved_at))), p_now) from deposits o where o.receipt = given_back and o.amount_cents = l.amount_cents;
  end if;
  perform lock_receipt_1(given_back);
  perform from payments where id = (select o.payment_id from deposits o where o.receipt = given_back) for update;
  select * into d from deposits o where o.receipt = given_back for update;

  update statement_lines x set movement_id = d.id where x.statement_id = s.id and x.n = l.n;
  if d.id is null then says := 'unknown';
  elsif d.shortcode <> s.shortcode then says := 'other_shortcode';
  elsif unended_reversal_1(d.id) is not null then
    update withdrawals w set query_due_at = p_now where w.id = unended_reversal_1(d.id);
    update statement_lines x set finding = 'unresolved', movement_id = unended_reversal_1(d.id) where x.statement_id = s.id and x.n = l.n;
    return true;
  elsif exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject = d.id::text and w.state = 'paid') then
    update statement_lines x set finding = 'agrees' where x.statement_id = s.id and x.n = l.n;
    says := 'ours';
  else
    update deposits set reversed_elsewhere_at = coalesce(reversed_elsewhere_at, l.completed_at), reversal_receipt = coalesce(reversal_receipt, l.receipt),
      -- the same line stands in overlapping statements
      reversed_elsewhere_cents = least(amount_cents, (select sum(o.amount_cents) from (
        select distinct x.completed_at, x.amount_cents from statements t join statement_lines x on x.statement_id = t.id and coalesce(x.linked_receipt, x.receipt) = d.receipt
        where t.shortcode = s.shortcode and t.state in ('signed', 'done') and x.finding = 'reversed' and x.direction = 'out' and x.movement_id is not null) o))
    where id = d.id and taken_back_at is null;
    if found and d.reversed_elsewhere_at is null then perform record_1('deposit_reversed_elsewhere', d.id, null, l.receipt, p_now); end if;
    says := book_reversed_1(d.id, p_now);
  end if;
  update statement_lines x set verdict = says where x.statement_id = s.id and x.n = l.n;
  return true;
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
  payment payments;
  other deposits;
  invoice invoices;
  note uuid;
begin
  perform from payments where id = (select payment_id from deposits where id = p_deposit) for update;
  select * into d from deposits where id = p_deposit and taken_back_at is null
    and (refuted_at is not null and confirmed_at is null or reversed_elsewhere_cents = amount_cents and confirmed_at is not null) for update;
  if not found then return false; end if;
  given_back := d.confirmed_at is not null;
  if given_back then perform book_reversed_1(d.id, p_now); end if;
  from_account := case when given_back then 'receivables' when d.shortcode is null then 'paybill_float' else own_account_1('paybill_told', d.shortcode) end;
  left_cents := d.amount_cents;

  -- what was bought with it stays bought where other money for the same came: it waits in the customer's credit
  for payment in select * from payments p where p.counted_deposit_id = d.id and p.status = 'paid' and p.purpose in ('order', 'donation', 'booking_fee') and d.allocated_at is not null
    order by p.id for update
  loop
    for other in select * from deposits o where o.payment_id = payment.id and o.id <> d.id and o.refuted_at is null and o.merged_into is null and o.reversed_elsewhere_at is null
      and o.amount_cents >= payment.amount_cents order by o.confirmed_at, o.settled_at, o.id for update
    loop
      if stands_in_1(other) = 'customer_credit' then
        perform swap_counted_1(payment, d, other, p_now);
        exit;
      end if;
    end loop;
  end loop;

  -- where this deposit's money stands by its own transfers, those of what it was matched to and taken back from, the hold of its booking and the sale that it has taken over
  for place in
    with sources as (
      select d.id::text as id union all select m.id::text from matches m where m.deposit_id = d.id union all select u.id::text from unmatches u where u.deposit_id = d.id
      union all select p.id::text from payments p where p.counted_deposit_id = d.id and p.purpose = 'booking_fee'
    ), moved as (
      select t.credit_account as account, t.amount_cents from transfers t where t.source_id in (select id from sources)
      union all select t.debit_account, -t.amount_cents from transfers t where t.source_id in (select id from sources)
      -- a sale that another deposit had paid before
      union all select l.account, l.cents from payments p, sale_legs_1(p, p.settled_at) l where p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
        and not exists (select from transfers t where t.kind = 'sale' and t.source_id in (select id from sources))
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
      perform book_1('taken_back', d.id, leg, place.account, from_account, holds, p_now);
    end if;
  end loop;
  if left_cents > 0 then
    if not given_back then perform book_1('taken_back', d.id, leg + 1, 'receivables', from_account, left_cents, p_now); end if;
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.counted_deposit_id = d.id for update loop
    update payments set status = 'reversed', failure_code = case when given_back then 'reversed_elsewhere' else 'refuted' end where id = payment.id;
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
  if given_back then perform close_tasks_1(array['statement_reversed'], d.receipt, 'Taken back.', p_now); end if;
  return true;
end $$;
