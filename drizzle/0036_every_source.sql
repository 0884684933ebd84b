ALTER TABLE "float_entries" ADD COLUMN "loan_id" uuid;--> statement-breakpoint
ALTER TABLE "float_entries" ADD COLUMN "booking_id" uuid;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "shortcode_by_list" boolean;--> statement-breakpoint
ALTER TABLE "withdrawals" ADD COLUMN "asked_again" boolean;--> statement-breakpoint
ALTER TABLE "statements" ADD COLUMN "named_to" timestamp with time zone;
--> statement-breakpoint
-- What of a booking's fee is held, or was when it was decided: less what was given back of it in the portal before.
create function held_of_booking_1(p_booking uuid) returns bigint language sql stable as $$
  select p.amount_cents - coalesce((select sum(o.amount_cents) from payouts o where o.payment_id = p.id and o.source_account = 'booking_escrow'
    and o.subject in (select d.id::text from deposits d where d.payment_id = p.id union all select m.deposit_id::text from matches m where m.payment_id = p.id)), 0)::bigint
  from payments p where p.id = p_booking
$$;
--> statement-breakpoint
-- A part of a held fee was given back in the portal. What is left stays held, and a person decides about it, whatever was to happen by itself; where nothing is left the
-- booking ends, as one whose fee was taken back whole. Ask under the lock of its payment.
create function less_held_1(p_booking uuid, p_actor text, p_now timestamptz) returns void language plpgsql as $$
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
  update payments set status = 'reversed', failure_code = 'reversed_elsewhere' where id = p_booking and status = 'paid';
  if found then perform record_1('payment_reversed', p_booking, 'paid', 'reversed', p_now); end if;
  update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = p_booking;
  perform record_1('booking_expired', p_booking, booking.state, 'expired', p_now);
end $$;
--> statement-breakpoint
-- Whether nothing better than a pulled list, and perhaps its notice, says at which of our short codes money came: no callback, no status answer, no line of a signed statement.
create function is_by_list_1(d deposits) returns boolean language sql stable as $$
  select d.attempt_id is null and (coalesce(d.shortcode_by_list, false) or d.source = 'pull') and not exists (select from statement_lines l join statements s on s.id = l.statement_id
    where l.receipt = d.receipt and l.direction = 'in' and s.shortcode = d.shortcode and s.state in ('signed', 'done'))
$$;
--> statement-breakpoint
-- At which of our short codes a proof has it: a pulled list proves that it came to us alone, and moves it nowhere, not even where another one's list has it too.
create function place_1(d deposits, p_source text, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
begin
  if p_source <> 'pull' then
    perform gather_1(d.id, p_shortcode, p_now);
  elsif d.attempt_id is null and d.shortcode <> p_shortcode and (d.receipt_proved_at is null or is_by_list_1(d)) then
    update deposits set shortcode_by_list = true where id = d.id;
  end if;
end $$;
--> statement-breakpoint
-- Moves what an earlier release paid out from the account without a short code to that which it left: payouts that of `p_pays`, reversals that of `p_shortcode`, which had
-- taken all payments. Some hundred at a time; how many. Nothing is read once that account is empty.
create function gather_payouts_1(p_pays text, p_shortcode text, p_limit int, p_now timestamptz) returns int language plpgsql as $$
declare
  t record;
  moved int := 0;
begin
  if held_1('paybill_float') = 0 then return 0; end if;
  for t in
    select x.source_id, x.amount_cents, case o.kind when 'reversal' then p_shortcode else p_pays end as shortcode
    from transfers x join withdrawals w on w.id = x.source_id::uuid join payouts o on o.id = w.payout_id
    where x.kind in ('payout_paid', 'payout_late') and x.credit_account = 'paybill_float'
      and not exists (select from transfers g where g.kind = 'gathered' and g.source_id = x.source_id)
    order by x.source_id limit p_limit
  loop
    moved := moved + 1;
    perform book_1('gathered', t.source_id::uuid, 1, 'paybill_float', own_account_1('paybill_float', t.shortcode), t.amount_cents, p_now);
  end loop;
  return moved;
end $$;
--> statement-breakpoint
-- A withdrawal moved nothing: what was reserved for it goes back to where it came from. Ask under its payout's lock and its own.
create function reject_withdrawal_1(w withdrawals, payout payouts, p_result_code text, p_note text, p_now timestamptz) returns void language plpgsql as $$
begin
  update withdrawals set state = 'rejected', result_code = p_result_code, settled_at = p_now, query_due_at = null where id = w.id;
  perform book_1('payout_released', w.id, 1, 'payout_reserve', payout.source_account, w.amount_cents, p_now);
  perform take_back_returned_1(payout, w.amount_cents, p_now);
  perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved', 'payout_already_reversed'], w.id::text, p_note, p_now);
end $$;
--> statement-breakpoint
-- Ends the reversals of which M-PESA said that their payment had been given back already: once signed statements show all from the payment to the request, what they show
-- as given back locks it, and these gave nothing back. How many.
create function end_already_reversed_1(p_now timestamptz) returns int language plpgsql as $$
declare
  w withdrawals;
  payout payouts;
  ended int := 0;
begin
  for w in
    select x.* from reviews r join withdrawals x on x.id = r.subject::uuid join payouts o on o.id = x.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject::uuid end
    where r.kind = 'payout_already_reversed' and r.closed_at is null and x.state = 'unknown' and x.result_code = 'R000001'
      and is_shown_1(d.shortcode, coalesce(d.moved_at, d.settled_at), x.dispatched_at)
      and not exists (select from statement_lines l join statements s on s.id = l.statement_id
        where coalesce(l.linked_receipt, l.receipt) = d.receipt and l.finding = 'reversed' and l.direction = 'out' and l.verdict is null and s.state in ('signed', 'done'))
    order by x.id
  loop
    select * into payout from payouts where id = w.payout_id for update;
    select * into w from withdrawals x where x.id = w.id and x.state = 'unknown' for update;
    continue when not found;
    perform reject_withdrawal_1(w, payout, w.result_code, 'Signed statements show what was given back.', p_now);
    perform judge_payout_1(payout.id, p_now);
    ended := ended + 1;
  end loop;
  return ended;
end $$;
--> statement-breakpoint
-- Whether signed statements of the account that takes payments cover these days of Nairobi, both included, without a gap; with `p_named` also as a file answers for the days that
-- it is named for (is_answered_1).
create function covers_days_1(p_shortcode text, p_from date, p_to date, p_named boolean) returns boolean language sql stable as $$
  select coalesce(range_agg(tstzrange(s.covers_from, greatest(s.covers_to, case when p_named and s.named_to < s.uploaded_at then s.named_to end) + interval '1 second'))
    @> tstzrange(p_from::timestamp at time zone 'Africa/Nairobi', (p_to + 1)::timestamp at time zone 'Africa/Nairobi'), false)
  from statements s
  where s.shortcode = p_shortcode and s.state = 'done' and s.covers_from is not null
    and (coalesce(s.account, 'utility') in ('utility', 'merchant') or s.account = 'working' and s.pays_out and not s.prompts)
$$;
--> statement-breakpoint
-- Whether who asks for the statement of these days has it: a file that does not say when it was exported answers for the days that it is named for, once they are over. If it was
-- exported before, the next one does not join it. That it contains nothing of a time proves nothing about its last hours.
create function is_answered_1(p_shortcode text, p_from date, p_to date) returns boolean language sql stable return covers_days_1(p_shortcode, p_from, p_to, true);
--> statement-breakpoint
-- Whether signed statements show all that moved at a short code between two moments: each refutes what it does not contain, and joins the one before it by its opening balance, so
-- that nothing moved between them.
create function is_shown_1(p_shortcode text, p_from timestamptz, p_to timestamptz) returns boolean language sql stable as $$
  select coalesce(range_agg(tstzrange(least(s.covers_from, s.joins_at), s.covers_to, '[]')) @> tstzrange(p_from, p_to, '[]'), false)
  from (select covers_from, covers_to, lag(covers_to) over (order by covers_from, covers_to) as joins_at from statements
    where shortcode = p_shortcode and state = 'done' and refutes and covers_from <= covers_to) s
$$;
--> statement-breakpoint
-- Declines what was asked for to be paid out of money that is not there, and nobody has approved, with a task that says so. One that is approved in this moment stays, and is looked at before it
-- is sent. `p_sources`: whose money it is.
create function call_back_payouts_1(p_sources text[], p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
begin
  for o in
    update payouts p set state = 'declined', decided_by = 'malipo', decided_at = p_now where p.subject = any(p_sources) and p.state = 'requested' returning p.*
  loop
    perform record_by_1('malipo', 'payout_declined', o.id::text, '"requested"', '"declined"', null, p_now);
    perform open_worded_task_1('deposit_displaced', p_deposit::text, format('Payout %s was to pay this money on, or to give it back, and was declined by itself: the money is another payment''s, and was taken back. '
      || 'Look what is still owed to whom (GET /api/payouts?payoutId=%s), and ask for it anew once it is proved.', o.reference, o.id), p_now);
  end loop;
end $$;
--> statement-breakpoint
-- A payout, or a part of it, has not left whose money was taken back while it was on its way: what came back is taken back now, and nobody owes it. The lock of its account keeps it apart from a
-- take-back at the same time, which sees that it came back, or is seen here.
create function take_back_returned_1(payout payouts, p_cents bigint, p_now timestamptz) returns void language plpgsql as $$
declare
  d record;
  owed bigint;
  left_cents bigint := p_cents;
begin
  if payout.source_account not in ('booking_payable', 'customer_credit', 'suspense') then return; end if;
  perform from accounts where id = payout.source_account for no key update;
  for d in
    select x.id from deposits x where x.taken_back_at is not null and x.id in (select payout.subject::uuid
      union all select o.id from deposits o where o.payment_id = payout.subject::uuid union all select m.deposit_id from matches m where m.payment_id = payout.subject::uuid)
    order by x.taken_back_at, x.id
  loop
    select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) into owed
    from transfers t where t.kind in ('taken_back', 'reversed_elsewhere') and t.source_id = d.id::text and 'receivables' in (t.debit_account, t.credit_account);
    continue when least(owed, left_cents) <= 0;
    perform book_1('taken_back', d.id, next_leg_1('taken_back', d.id), payout.source_account, 'receivables', least(owed, left_cents), p_now);
    if owed <= left_cents then perform close_tasks_1(array['taken_back_short'], d.id::text, 'What was on its way has not left: nobody owes it.', p_now); end if;
    left_cents := left_cents - least(owed, left_cents);
  end loop;
end $$;
--> statement-breakpoint
-- What was bought with a deposit stays bought where other money for the same came: that counts from now on, and this one waits in the customer's credit. Ask under the locks of
-- the deposit and its payments.
create function spare_bought_1(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  payment payments;
  other deposits;
begin
  select * into d from deposits where id = p_deposit and allocated_at is not null;
  for payment in select * from payments p where p.id = any(d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null))
    and p.counted_deposit_id = d.id and p.status = 'paid' and p.purpose in ('order', 'donation', 'booking_fee') order by p.id for update
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

  if d.attempt_id is null and exists (select from payouts o where o.subject = d.id::text and o.kind = 'reversal' and o.state not in ('declined', 'rejected')) then
    -- its reversal came with its receipt and is under way: it pays for nothing meanwhile
    perform park_1(d, 'suspense', d.amount_cents, 'unidentified_deposit', p_now);
    update deposits set allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    return 'allocated';
  end if;

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
    -- it came while what counts was told, which may be a lie: whichever of the two is booked first
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
  elsif payment.id is null and d.typed_reference is null and p_counter_vat_class is not null then
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
-- Who knows says at which of our short codes money came: there it stands, where only its notice or a pulled list had named another one.
create or replace function gather_1(p_deposit uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
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
  update deposits set shortcode = p_shortcode, shortcode_by_list = null where id = d.id;
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
  lost uuid;                -- the success that had it by a guess
  gone uuid;                -- what was taken back under this receipt, which came after all
  bought boolean := false;  -- something was bought with it that a list contradicts
  d deposits;
  success uuid;
  doubt uuid;
  times timestamptz[] := readings_1(p_receipt, p_times, p_now);
  near timestamptz[];       -- when it may have moved, to guess at its prompt by
  other_payer boolean := false; -- than was told
  elsewhere boolean;        -- a statement of another short code of ours has it
  says_payer boolean := p_payer_hash is not null or p_payer_tail is not null;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  select * into payment from payments where reference = p_reference;
  select * into known from deposits where receipt = p_receipt;
  perform from payments where id in (payment.id, known.payment_id) order by id for update;
  select * into known from deposits where receipt = p_receipt for update;

  if exists (select from withdrawals w where w.receipt = p_receipt) or known.id is null and is_own_money_1(p_receipt) then verdict := 'own_payout'; return; end if;
  if known.taken_back_at is not null and known.confirmed_at is null and p_source in ('pull', 'statement') then
    -- a list says what it was for: where it belongs is looked for anew
    gone := known.id;
    update deposits set receipt = null where id = gone;
    known := null;
  end if;
  if p_opens and known.amount_cents <> p_amount and known.receipt_proved_at is null and known.tied_by in ('reference', 'payer', 'time') then -- no prompt's name: it brought another amount
    perform lock_group_1(known.amount_cents);
    lost := free_receipt_1(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
  end if;
  if known.id is not null and known.amount_cents <> p_amount then
    if known.receipt_proved_at is not null or known.attempt_id is not null then verdict := 'amount_differs'; perform open_task_1('evidence_amount_differs', p_receipt, p_now); return; end if;
    if not p_opens then verdict := 'amount_differs'; return; end if;
    -- told with another amount than came: that one was a lie
    d := known; d.id := new_id_1(); d.moved_at := null; d.payer_name := null; d.payer_phone := null; d.payer_hash := null; d.payer_tail := null;
    d.reversed_elsewhere_at := null; d.reversed_elsewhere_cents := null; d.reversal_receipt := null;
    perform merge_deposit_1(known.id, d.id, p_now);
    perform open_task_1('evidence_amount_differs', p_receipt, p_now);
    known := null;
  end if;
  elsewhere := p_source = 'statement' and known.shortcode <> p_shortcode;
  if known.tied_by in ('reference', 'payer', 'time') and (elsewhere or is_not_its_name_1(known, payment, p_standing, p_payer_hash, p_payer_tail)) then
    lost := free_receipt_1(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
    if known.attempt_id is null then -- it is proved, and its payer known, before the success that lost it looks for another
      other_payer := payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail,
        receipt_proved_at = coalesce(receipt_proved_at, p_now), shortcode_by_list = coalesce(nullif(elsewhere, false), shortcode_by_list)
      where id = known.id;
    end if;
  end if;
  if known.attempt_id is null and known.taken_back_at is not null and known.confirmed_at is not null then -- given back in the portal, and taken back
    if lost is not null then perform name_again_1(lost, p_now); end if;
    verdict := 'known';
    return;
  end if;
  if known.id is not null and p_source in ('pull', 'statement') then
    told := known;
    bought := stands_in_1(told) = 'spent';
    known := correct_words_1(told, payment, p_standing, p_typed, p_prompts, p_source, p_now);
    bought := bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing or known.may_echo <> told.may_echo);
  end if;
  if lost is not null then perform name_again_1(lost, p_now); end if;
  if known.receipt_proved_at is not null and known.confirmed_at is not null and (known.attempt_id is not null or known.allocated_at is not null) and not bought then
    verdict := 'known';
    perform place_1(known, p_source, p_shortcode, p_now);
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
    perform place_1(known, p_source, p_shortcode, p_now);
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
    if known.attempt_id is null and known.taken_back_at is null and (bought or stands_in_1(known) not in ('spent', 'gone')) then
      success := coalesce(find_place_1(known, near, false, '{}', p_now), find_guess_1(known, near), find_place_1(known, near, true, '{}', p_now), find_weaker_tie_1(known));
      if success is not null then
        verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
        if verdict = 'displaces' then success := free_receipt_1(success, p_now); end if;
        perform merge_deposit_1(known.id, success, p_now);
        perform name_deposit_1(success, known, null, p_now);
        perform clear_doubt_1((select n.attempt_id from deposits n where n.id = success), p_now);
        return;
      end if;
    end if;
    if bought and not known.may_echo and not exists (select from matches m where m.deposit_id = known.id) then
      -- the list has other words, and no person has said what it is for: the notice's words were a lie, and what they bought is taken back. Where a list has none, it contradicts none
      d := known; d.id := new_id_1();
      perform merge_deposit_1(known.id, d.id, p_now);
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
    perform prove_money_1(known.id, p_now);
    if known.attempt_id is not null then perform clear_doubt_1(known.attempt_id, p_now); end if;
    if known.held_until is null then perform count_deposit_1(known.id, p_now); end if;
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

  success := coalesce(find_place_1(d, times, false, '{}', p_now), find_guess_1(d, times), find_place_1(d, times, true, '{}', p_now), find_weaker_tie_1(d));
  if success is not null then
    verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
    if verdict = 'displaces' then success := free_receipt_1(success, p_now); end if;
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
  doubt := find_held_place_1(d, times, p_now);
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
    perform count_deposit_1(d.id, p_now);
    "depositId" := d.id;
  end if;
end $$;
--> statement-breakpoint
-- Settles the proofs of many receipts, one after the other, in the order in which all who do this lock. Each row of `p_receipts` has the names of settle_receipt_1's
-- parameters. What was proved before is passed over.
create or replace function settle_receipts_1(p_source text, p_receipts jsonb, p_now timestamptz) returns table ("depositId" uuid, receipt text, verdict text) language plpgsql as $$
declare
  r record;
  settled record;
begin
  for r in select * from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint, reference text, standing text, typed text, payer_name text, payer_phone text,
      payer_hash text, payer_tail text, shortcode text, prompts boolean, times timestamptz[])
    where not exists (select from deposits d where d.receipt = t.receipt and d.receipt_proved_at is not null and d.confirmed_at is not null and d.amount_cents = t.amount
      and (d.source <> 'c2b' or d.attempt_id is not null)
      and not (p_source = 'statement' and d.shortcode is distinct from t.shortcode)
      and not (d.attempt_id is null and d.payer_hash is null and t.payer_hash is not null and cardinality(t.times) > 0) -- it says in full who paid
      and not (coalesce(d.tied_by in ('reference', 'payer', 'time'), false) and (d.payment_id <> (select p.id from payments p where p.reference = t.reference)
        or exists (select from attempts a where a.id = d.attempt_id and not may_be_from_1(a, t.payer_hash, t.payer_tail)))))
    order by amount, t.receipt
  loop
    select * into settled from settle_receipt_1(p_source, r.receipt, r.amount, r.reference, r.standing, r.typed, r.payer_name, r.payer_phone, r.payer_hash, r.payer_tail,
      r.shortcode, r.prompts, r.times, true, p_now);
    perform recall_reversed_1(r.receipt, p_now);
    "depositId" := settled."depositId"; receipt := r.receipt; verdict := settled.verdict;
    return next;
  end loop;
  -- what was told of a receipt otherwise was wrong, and the books have what the list has
  update reviews task set closed_at = p_now, closed_by = 'malipo', note = 'The books have what is proved.'
  where task.kind in ('evidence_amount_differs', 'evidence_own_payout') and task.closed_at is null and task.opened_at < p_now and p_source in ('pull', 'statement')
    and task.subject in (select d.receipt from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint) join deposits d on d.receipt = t.receipt
      where d.amount_cents = t.amount and d.receipt_proved_at is not null and d.confirmed_at is not null);
end $$;
--> statement-breakpoint
-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the
-- state is `unknown` until a result or the transaction's status tells. So it is where M-PESA says "already reversed" of the only request: of an earlier, unclear one it means
-- that that one was taken. Money that left after all, once its reserve was given back, is booked and becomes a person's task. What is reversed leaves the float of the short
-- code that received it, what is paid that of p_shortcode. Safe to repeat, in any order, from any source.
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
  -- a prompt's success that has it by a guess looks for another name
  perform lock_group_1(d.amount_cents) from deposits d where d.receipt = p_receipt and d.attempt_id is not null;
  perform lock_receipt_1(p_receipt);
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject::uuid end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = coalesce(payout.receipt, reversed.receipt) else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  if verdict in ('pays', 'late') and p_result_code = 'R000001' and not coalesce(withdrawal.asked_again, false) then
    -- this request gave nothing back: somebody else had, and nobody has said how much
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'already_reversed' else 'known' end;
  elsif verdict = 'rejects' and withdrawal.state = 'unknown' and withdrawal.result_code = 'R000001' then
    verdict := 'known'; -- true, and what was given back before still is: a statement shows it (end_already_reversed_1)
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' and exists (select from statement_lines l
    where l.receipt = p_receipt and l.finding = 'reversed' and l.direction = 'out' and l.movement_id = reversed.id and l.verdict in ('locked', 'taken_back')) then
    -- a signed statement has shown this very reversal, and it is booked as somebody's: it left once
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'rejects' else 'known' end;
    p_result_code := 'R000001';
  end if;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- somebody may have told of this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        perform unname_deposit_1(told.id);
        perform name_again_1(told.id, p_now);
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
    perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved', 'payout_already_reversed'], withdrawal.id::text, 'It was paid.', p_now);
  elsif verdict = 'rejects' then
    perform reject_withdrawal_1(withdrawal, payout, p_result_code, 'It was rejected.', p_now);
  elsif verdict = 'known' then
    update withdrawals set receipt = p_receipt where id = withdrawal.id and receipt is null and p_says = 'paid' and p_receipt is not null and not p_two_receipts;
    update withdrawals set moved_at = moved_within_1(p_moved_at, payout.decided_at, settled_at) where id = withdrawal.id and moved_at is null and p_says = 'paid';
  elsif verdict = 'already_reversed' then
    update withdrawals set state = 'unknown', result_code = p_result_code, query_due_at = null where id = withdrawal.id and state in ('dispatched', 'unknown');
  elsif verdict in ('unclear', 'two_receipts', 'other_conversation') then
    -- its status is asked soon; an answer to that question has its own ladder
    update withdrawals set state = 'unknown', query_due_at = case when p_source = 'transaction-status' then query_due_at else least(query_due_at, p_now + interval '1 minute') end
    where id = withdrawal.id and state in ('dispatched', 'unknown');
  end if;
  if verdict in ('late') then perform open_task_1('payout_paid_late', p_withdrawal::text, p_now);
  elsif verdict not in ('pays', 'rejects', 'known', 'unclear') then perform open_task_1('payout_' || verdict, p_withdrawal::text, p_now);
  end if;
  perform judge_payout_1(payout.id, p_now);
  if verdict in ('pays', 'late', 'known') and payout.kind = 'reversal' and exists (select from statement_lines l where l.receipt = p_receipt and l.verdict = 'unlinked') then
    perform link_reversal_1(p_receipt, coalesce(payout.receipt, reversed.receipt), p_now); -- a statement had it without its payment
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- its receipt may have got another place meanwhile
    if payout.source_account = 'refunds' then
      perform settle_moved_reversal_1(payout.id, p.counted_deposit_id, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
    else
      perform settle_moved_reversal_1(payout.id, null, p_now);
    end if;
  end if;
end $$;
--> statement-breakpoint
-- The reversal that we asked for of a deposit and whose end nobody has told yet.
create or replace function unended_reversal_1(p_deposit uuid) returns uuid language sql stable as $$
  select w.id from payouts p join withdrawals w on w.payout_id = p.id
  where p.kind = 'reversal' and p.subject = p_deposit::text and w.state in ('dispatched', 'unknown') and w.result_code is distinct from 'R000001' order by w.id limit 1
$$;
--> statement-breakpoint
-- Compares the next lines of a statement with our books, oldest first: each gets one finding. test/statements/match-statement.ts says the same slowly and plainly.
create or replace function match_lines_1(p_statement uuid, p_limit int) returns int language plpgsql as $$
declare
  s statements;
  upto int;
  l statement_lines;
  payment uuid;
  movement uuid;
begin
  select * into s from statements where id = p_statement and state = 'matching' for update;
  if not found or s.done >= s.line_count then return 0; end if;
  upto := least(s.done + p_limit, s.line_count);

  -- which payment a reversal gave back, where only another signed statement says it
  update statement_lines x set linked_receipt = known_link_1(x.receipt)
  where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is null;

  -- what the receipt decides
  update statement_lines x set movement_id = case when x.ordinal = 1 then coalesce(f.giving_back, f.movement_id) end, finding = case
      when x.kind in ('charge', 'sweep', 'top_up', 'internal') then x.kind -- the balance says that a line which repeats moved too
      when x.ordinal > 1 then 'duplicate'
      when f.amount_cents = x.amount_cents then 'agrees'
      when f.amount_cents is not null then 'amount_differs'
      when x.kind = 'reversal' then case when f.own_cents <> x.amount_cents then 'amount_differs' when f.given_back then 'agrees' when f.giving_back is not null then 'unresolved' else 'reversed' end end
  from (
    select y.n, case when y.kind in ('charge', 'sweep', 'top_up', 'internal') then null else coalesce(d.id, w.id, u.id, v.id) end as movement_id,
      coalesce(d.amount_cents, left_under_1(w)) as amount_cents,
      exists (select from payouts o join withdrawals b on b.payout_id = o.id where o.kind = 'reversal' and o.subject = u.id::text and b.state = 'paid')
        or u.taken_back_at is not null and u.reversed_elsewhere_at is not null as given_back,
      (select b.amount_cents from payouts o join withdrawals b on b.payout_id = o.id where o.kind = 'reversal' and o.subject = u.id::text and b.state = 'paid' limit 1) as own_cents,
      unended_reversal_1(u.id) as giving_back
    from statement_lines y
      left join deposits d on y.direction = 'in' and d.receipt = y.receipt and d.merged_into is null
        and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
      left join withdrawals w on y.direction = 'out' and w.receipt = y.receipt and w.state = 'paid'
      -- what a reversal has undone
      left join deposits u on y.kind = 'reversal' and y.direction = 'out' and u.receipt = coalesce(y.linked_receipt, y.receipt) and u.merged_into is null
      left join withdrawals v on y.kind = 'reversal' and y.direction = 'in' and v.receipt = coalesce(y.linked_receipt, y.receipt)
    where y.statement_id = s.id and y.n > s.done and y.n <= upto
  ) f
  where x.statement_id = s.id and x.n = f.n;

  -- lines that may be the receipt of a success which has none: point by point in time, the success whose time ends first
  for l in
    select y.* from statement_lines y where y.statement_id = s.id and y.n > s.done and y.n <= upto and y.finding is null and (
      y.direction = 'in' and y.kind in ('payment', 'organisation') and exists (select from deposits d
        where d.receipt is null and d.merged_into is null and d.amount_cents = y.amount_cents and d.shortcode = s.shortcode)
      or y.direction = 'out' and s.pays_out and y.kind in ('payout', 'unknown') and exists (select from withdrawals w
        where w.receipt is null and w.state in ('dispatched', 'unknown', 'paid') and w.amount_cents = y.amount_cents))
    order by y.n
  loop
    if l.direction = 'in' then
      select p.id into payment from payments p where p.reference = l.reference;
      select d.id into movement from deposits d join attempts a on a.id = d.attempt_id
      where d.receipt is null and d.merged_into is null and d.amount_cents = l.amount_cents and d.shortcode = s.shortcode
        and (d.payment_id = payment or payment is null and s.prompts and l.typed_reference is null and fits_1(a, array[l.completed_at], l.payer_hash, l.payer_tail))
        and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'names' and o.movement_id = d.id)
      order by echo_until_1(a), d.id limit 1;
    else
      select w.id into movement from withdrawals w
      where w.receipt is null and w.state = 'paid' and w.amount_cents = l.amount_cents
        and l.completed_at between w.dispatched_at - interval '60 seconds' and w.settled_at + interval '60 seconds'
        and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'names' and o.movement_id = w.id)
      order by w.settled_at, w.id limit 1;
    end if;
    if movement is not null then
      update statement_lines x set finding = 'names', movement_id = movement where x.statement_id = s.id and x.n = l.n;
    elsif l.direction = 'out' then
      update statement_lines x set finding = 'unresolved', movement_id = u.id
      from (select w.id from withdrawals w join payouts p on p.id = w.payout_id
        where w.receipt is null and w.state in ('dispatched', 'unknown') and p.kind <> 'reversal' and w.amount_cents = l.amount_cents
          and l.completed_at >= w.dispatched_at - interval '60 seconds'
          and not exists (select from statement_lines o where o.statement_id = s.id and o.finding = 'unresolved' and o.movement_id = w.id)
        order by w.dispatched_at, w.id limit 1) u
      where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;

  update statement_lines x set finding = 'missing_here' where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.finding is null;
  update statements set done = upto where id = s.id;
  return upto - s.done;
end $$;
--> statement-breakpoint
-- Ends the comparing of a statement: which movements of ours it does not contain, as far as it can say, and the task for a second person. False while there is more to compare.
create or replace function end_matching_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'matching' for update;
  if not found or s.done < s.line_count then return false; end if;
  -- customers' money comes to one account, and to no other
  if s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') and lists_payments_1(s) then
    insert into statement_absences (statement_id, movement_id, direction, receipt, amount_cents, moved_at, proved)
    select s.id, d.id, 'in', d.receipt, d.amount_cents, coalesce(d.moved_at, d.settled_at), d.confirmed_at is not null
    from deposits d
    where d.shortcode = s.shortcode and d.merged_into is null and d.taken_back_at is null and coalesce(d.moved_at, d.settled_at) between s.covers_from and s.covers_to
      -- a receipt alone is no line: charges and own money bear the receipts of payments
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'in' and l.movement_id = d.id)
    on conflict do nothing;
  end if;
  -- payouts may leave from another account than this one: only one that shows some of them can miss others. What is reversed leaves the short code that it had come to
  if s.whole and exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.finding in ('agrees', 'names')) then
    insert into statement_absences (statement_id, movement_id, direction, receipt, amount_cents, moved_at, proved)
    select s.id, w.id, 'out', w.receipt, w.amount_cents, coalesce(w.moved_at, w.settled_at), true
    from withdrawals w join payouts p on p.id = w.payout_id left join deposits d on d.id = case when p.kind = 'reversal' then p.subject::uuid end
    where coalesce(d.shortcode = s.shortcode, s.pays_out) and w.state = 'paid' and w.dispatched_at >= s.covers_from and coalesce(w.moved_at, w.settled_at) between s.covers_from and s.covers_to
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.movement_id = w.id)
      -- given back: its line may bear the receipt of the payment
      and not exists (select from statement_lines l where l.statement_id = s.id and l.kind = 'reversal' and l.movement_id = d.id)
    on conflict do nothing;
  end if;
  update statements set state = 'matched', done = 0 where id = s.id;
  perform open_task_1('statement_unsigned', s.id::text, p_now);
  return true;
end $$;
--> statement-breakpoint
-- The other short code of ours that a statement is about, by a payment of it that is proved to have come there. Nothing where it is about its own, as far as the books know. A
-- pulled list does not prove at which one, nor does a prompt that has the receipt by a guess: a statement does, and moves it there (gather_1). Where notices and list say another one of more
-- payments than are its own, it is a file of that one.
create or replace function belongs_to_1(s statements) returns text language sql stable as $$
  select max(d.shortcode) filter (where d.shortcode <> s.shortcode) from statement_lines l join deposits d on d.receipt = l.receipt
  where l.statement_id = s.id and l.direction = 'in' and l.kind in ('payment', 'organisation') and d.receipt_proved_at is not null and d.merged_into is null
    and not coalesce(d.tied_by in ('reference', 'payer', 'time'), false)
  having bool_or(d.shortcode <> s.shortcode and not is_by_list_1(d))
    or count(*) filter (where d.shortcode <> s.shortcode and d.shortcode_by_list is null) > count(*) filter (where d.shortcode = s.shortcode)
$$;
--> statement-breakpoint
-- Ends a signed statement, once all its lines are settled: from now on it refutes what it should contain and does not, where it is of the account that customers pay into, whole by its
-- own figures, and joins the last signed one or says its opening balance itself. Tasks for what is left, and the end of those that asked for it. False while there is more to do.
create or replace function end_statement_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found or s.done < s.line_count then return false; end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and l.direction = 'out' and l.verdict is null) then return false; end if;
  update statements set state = 'done', finished_at = p_now,
    refutes = s.whole and coalesce(s.account, 'utility') in ('utility', 'merchant') and coalesce(follows_1(s), s.opening_told) and lists_payments_1(s)
  where id = s.id returning * into s;
  if not s.refutes and (s.line_count > 0 or s.whole) then perform open_task_1('statement_incomplete', s.id::text, p_now); end if;
  if s.problem_count > 0 or exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'duplicate') then perform open_task_1('statement_doubtful', s.id::text, p_now); end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'amount_differs') then perform open_task_1('statement_amount_differs', s.id::text, p_now); end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'in' and l.kind not in ('payment', 'organisation')) then
    perform open_task_1('statement_line_unknown', s.id::text, p_now);
  end if;
  -- refuted money has tasks of its own; a success may have got its receipt meanwhile
  if exists (select from statement_absences a left join deposits d on d.id = a.movement_id where a.statement_id = s.id and a.proved
    and (a.direction = 'out' or d.merged_into is null and d.receipt is not distinct from a.receipt)) then
    perform open_task_1('statement_missing_there', s.id::text, p_now);
  end if;
  perform open_line_tasks_1('statement_reversed', s.id,
    array(select coalesce(l.linked_receipt, l.receipt) from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and coalesce(l.verdict, '') not in ('taken_back', 'unlinked')
      order by l.n), p_now);
  perform tell_unlinked_1(s.id, p_now);
  perform open_line_tasks_1('statement_money_out', s.id,
    array(select l.receipt from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'out' order by l.n), p_now);
  perform close_unread_1(p.shortcode, '{}', null, p_now) from pulls p where p.unread <> '{}' or p.unread_from is not null order by p.shortcode;
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'A signed statement has settled it.'
  where r.kind = 'statement_line_failed' and r.closed_at is null and exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject)
    and not exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject and l.verdict = 'failed');
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'Imported and signed off.'
  where r.kind = 'statement_due' and r.closed_at is null and split_part(r.subject, ':', 1) = s.shortcode
    and is_answered_1(s.shortcode, split_part(split_part(r.subject, ':', 2), '/', 1)::date, split_part(r.subject, '/', 2)::date);
  return true;
end $$;
--> statement-breakpoint
-- Whether they cover these days by what they can speak for.
create or replace function is_covered_1(p_shortcode text, p_from date, p_to date) returns boolean language sql stable return covers_days_1(p_shortcode, p_from, p_to, false);
--> statement-breakpoint
-- The reversal of ours that a line without a link may be: of its amount and short code, sent before, and nobody has told its end.
create or replace function unended_like_1(l statement_lines, p_shortcode text) returns uuid language sql stable as $$
  select w.id from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject::uuid end
  where w.state in ('dispatched', 'unknown') and w.result_code is distinct from 'R000001' and w.receipt is null and w.amount_cents = l.amount_cents and coalesce(d.shortcode, p_shortcode) = p_shortcode
    and w.dispatched_at - interval '60 seconds' <= l.completed_at
    and not exists (select from statement_lines x where x.statement_id = l.statement_id and x.movement_id = w.id and x.finding = 'unresolved' and x.n <> l.n)
  order by w.dispatched_at, w.id limit 1
$$;
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
  invoice invoices;
  rest invoices; -- what no credit note has taken back of it
  note uuid;
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
      union all select l.account, l.cents from payments p, sale_legs_1(p, p.settled_at) l where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
        and exists (select from invoices i where i.payment_id = p.id and i.kind <> 'credit_note')
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
    if place.account = 'booking_escrow' and not exists (select from bookings b join payments p on p.id = b.id where p.id = any(paid) and p.counted_deposit_id = d.id and b.state in ('held', 'disputed')) then
      holds := 0; -- it was released
    end if;
    if holds > 0 then
      leg := leg + 1;
      left_cents := left_cents - holds;
      perform book_1('taken_back', d.id, leg, place.account, from_account, holds, p_now);
      perform promise_notice_1('savings_taken_back', d.id, null, a.member_id, false, p_now) from member_accounts a where place.account = 'savings:' || a.id;
    end if;
  end loop;
  if left_cents > 0 then
    if not given_back then perform book_1('taken_back', d.id, leg + 1, 'receivables', from_account, left_cents, p_now); end if;
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id for update loop
    update payments set status = 'reversed', failure_code = case when given_back then 'reversed_elsewhere' else 'refuted' end where id = payment.id;
    perform record_1('payment_reversed', payment.id, payment.status, 'reversed', p_now);
    update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = payment.id and state in ('held', 'disputed');
    if found then perform record_1('booking_expired', payment.id, 'held', 'expired', p_now); end if;
    select * into invoice from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note';
    rest := rest_of_invoice_1(invoice, payment.language);
    if rest.total_cents > 0 then
      note := new_id_1();
      insert into invoices (id, payment_id, kind, credits_id, lines, vat, total_cents, rounding_cents, created_at)
      values (note, payment.id, 'credit_note', invoice.id, rest.lines, rest.vat, rest.total_cents, rest.rounding_cents, p_now);
      if payment.email is not null then perform promise_1('credit_note:' || d.id, jsonb_build_object('kind', 'invoice_email', 'invoiceId', note), p_now); end if;
    end if;
  end loop;
  update deposits set taken_back_at = p_now where id = d.id;
  perform close_tasks_1(array['deposit_refuted', 'deposit_unconfirmed', 'deposit_not_confirmed', 'receipt_day_differs', 'unidentified_deposit', 'underpaid_deposit', 'surplus_payment'],
    d.id::text, 'Taken back.', p_now);
  if given_back then perform close_tasks_1(array['statement_reversed'], d.receipt, 'Taken back.', p_now); end if;
  return true;
end $$;
--> statement-breakpoint
-- Of what an earlier release booked by a list, that list alone says at which of several short codes it came.
update deposits d set shortcode_by_list = true
where d.source = 'pull' and d.attempt_id is null and d.receipt_proved_at is not null and d.merged_into is null and not exists (select from evidence e where e.subject_id = d.id and e.source = 'c2b')
  and (select count(distinct shortcode) from deposits where shortcode is not null) > 1;
