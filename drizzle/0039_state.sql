-- One word for the state of a thing, ids as uuids: written beside the old columns, which what runs of the last release still knows.
ALTER TABLE "evidence" DROP CONSTRAINT "evidence_verdict";--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "state" text;--> statement-breakpoint
ALTER TABLE "payments" ADD COLUMN "rare_state" text;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "subject_id" uuid;--> statement-breakpoint
ALTER TABLE "evidence" ADD CONSTRAINT "evidence_verdict" CHECK ("evidence"."verdict" in ('pays', 'names', 'late', 'fails', 'rejects', 'known', 'unclear', 'unread_payer', 'doubted', 'contradicts', 'no_attempt', 'no_withdrawal', 'no_deposit', 'no_inquiry', 'amount_differs', 'phone_differs', 'second_receipt', 'two_receipts', 'receipt_used', 'already_reversed', 'other_checkout', 'other_conversation', 'other_transaction', 'arrives', 'ties', 'own_payout', 'unreadable', 'other_shortcode', 'adopts', 'links', 'parts', 'answers', 'confirms', 'other_receipt', 'other_amount', 'other_party', 'not_completed')) NOT VALID;--> statement-breakpoint
ALTER TABLE "payments" ADD CONSTRAINT "payments_state" CHECK ("payments"."state" is not null and "payments"."state" in ('pending', 'unknown', 'paid', 'failed', 'expired', 'reversed', 'refunded')) NOT VALID;--> statement-breakpoint
ALTER TABLE "payouts" ADD CONSTRAINT "payouts_subject_id" CHECK ("payouts"."subject" is not distinct from "payouts"."subject_id"::text) NOT VALID;
--> statement-breakpoint
-- What the books have learnt after a short code's first balance of the time before it: what came and nobody had reported, less what was a lie, was one movement booked twice,
-- was reversed in the portal, or was paid out and taken for rejected. The money from before is so much less. What moves to its own short code is corrected at both when it
-- does (gather_2). A statement covers 62 days.
create function learnt_since_2(p_shortcode text, p_opened_at timestamptz) returns bigint language plpgsql stable as $$
begin
  return (select coalesce(sum(learnt.cents), 0)::bigint from (
    select case when d.settled_at > p_opened_at then d.amount_cents else -d.amount_cents end as cents from deposits d
    where d.shortcode = p_shortcode and d.moved_at <= p_opened_at and d.moved_at > p_opened_at - interval '62 days' and case
      when d.settled_at > p_opened_at then d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
      when d.taken_back_at is not null then d.taken_back_at > p_opened_at and d.reversed_elsewhere_at is null
      else d.merged_into is not null and exists (select from transfers t where t.kind = 'merged' and t.source_id = d.id::text and t.booked_at > p_opened_at) end
    -- what left first of a payment was booked first
    union all select least(booked_reversed_1(d.id, p_opened_at), gone.cents) - least(booked_reversed_1(d.id, 'infinity'), gone.cents) from deposits d
      cross join lateral (select case count(*) when 0 then d.reversed_elsewhere_cents else coalesce(sum(l.cents) filter (where l.left_at <= p_opened_at), 0) end as cents
        from given_back_lines_1(d.receipt, known_shortcode_1(d)) l) gone
    where d.shortcode = p_shortcode and d.reversed_elsewhere_at <= p_opened_at
    -- while nobody could say of which payment, and when somebody could
    union all select case t.debit_account when 'receivables' then -t.amount_cents else t.amount_cents end from transfers t
    where t.kind = 'reversed_elsewhere' and t.booked_at > p_opened_at and 'paybill_float:' || p_shortcode in (t.debit_account, t.credit_account)
      and exists (select from statement_lines l where l.receipt = t.source_id and l.completed_at <= p_opened_at)
    union all select -w.amount_cents from withdrawals w join payouts p on p.id = w.payout_id
      join transfers t on t.kind in ('payout_paid', 'payout_late') and t.source_id = w.id::text and t.leg = 1
    where w.settled_at > p_opened_at and w.settled_at <= p_opened_at + interval '62 days' and w.state = 'paid' and w.moved_at <= p_opened_at
      and coalesce('paybill_float:' || (select d.shortcode from deposits d where d.id = case p.kind when 'reversal' then p.subject_id end), t.credit_account) = 'paybill_float:' || p_shortcode
  ) learnt);
end $$;
--> statement-breakpoint
-- Settles the answer to a question about the balances of a short code: the words are kept, and so is what stands on each account, beside what our ledger holds there.
-- `p_accounts` are the accounts that were reported, `p_available` is what stands on the one that pays out. `answers`: this is learnt. `known` and `unclear` change nothing;
-- all others are quarantined. Safe to repeat, in any order.
create function settle_balance_result_2(
  p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_accounts jsonb, p_told_at timestamptz,
  p_paying_shortcode text, p_available bigint, p_low_float bigint, p_now timestamptz, out verdict text
) language plpgsql as $$
declare
  inquiry inquiries;
begin
  select * into inquiry from inquiries where id = p_inquiry and kind = 'account-balance' for update;
  verdict := case
    when inquiry.id is null then 'no_inquiry'
    when p_result_code is null then 'unclear'
    when is_other_conversation_1(inquiry, p_conversation) then 'other_conversation'
    -- the first balances that are reported stay; they outrank a time-out and an answer without any
    when inquiry.state <> 'answered' or inquiry.says <> 'done' and p_says = 'done' then 'answers'
    when inquiry.says <> p_says and p_says <> 'unclear' then 'contradicts'
    when p_says = 'done' and not told_before_1(inquiry.id, p_accounts) then 'contradicts'
    else 'known' end;
  perform keep_evidence_1(p_inquiry, 'account-balance', p_body_hash, p_body, verdict, p_now);
  if verdict <> 'answers' then return; end if;

  update inquiries set state = 'answered', answered_at = p_now, says = p_says, result_code = p_result_code,
    ledger_cents = held_1('paybill_float:' || shortcode) + held_1('paybill_told:' || shortcode)
  where id = inquiry.id;
  if p_says <> 'done' then return; end if;

  insert into float_balances (id, inquiry_id, account, currency, current_cents, available_cents, reserved_cents, uncleared_cents, told_at)
  select new_id_1(), inquiry.id, account, currency, current_cents, available_cents, reserved_cents, uncleared_cents, p_told_at from told_accounts_1(p_accounts);
  perform close_tasks_1(array['balance_unknown'], inquiry.shortcode, 'Safaricom reports the balance again.', p_now);

  -- whether there is enough to pay out from is judged by the newest question alone: a late answer to an older one says nothing of today
  if inquiry.shortcode <> p_paying_shortcode then return; end if;
  if inquiry.asked_at < (select o.asked_at from inquiries o where o.kind = inquiry.kind and o.shortcode = inquiry.shortcode and o.state = 'answered' and o.says = 'done'
    order by o.asked_at desc limit 1) then return; end if;
  if p_low_float > 0 and p_available < p_low_float then
    perform open_task_1('low_float', inquiry.shortcode, p_now);
  elsif p_available is not null then
    perform close_tasks_1(array['low_float'], inquiry.shortcode, 'A later balance suffices.', p_now);
  end if;
end $$;
--> statement-breakpoint
-- Books what signed statements show as reversed by somebody in the portal of the receipt that a deposit has, as far as it is not booked: it has left the float, and whoever
-- received it owes it until it is taken back where it stands. It is booked back where the deposit has that receipt no more, or its money is only told. What nobody has
-- allocated yet pays for nothing: it is taken back at once. Call it under the deposit's lock.
create function book_reversed_2(p_deposit uuid, p_now timestamptz) returns text language plpgsql as $$
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
    perform close_tasks_1(array['statement_reversed'], d.receipt, 'It no longer pays for anything: taken back.', p_now);
    update deposits set taken_back_at = p_now, allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    update payments p set state = 'reversed', failure_code = 'reversed_elsewhere' where p.id = d.payment_id and p.counted_deposit_id = d.id and p.state = 'paid';
    if found then perform record_1('payment_reversed', d.payment_id, 'paid', 'reversed', p_now); end if;
    return 'taken_back';
  end if;
  if left_cents > 0 then perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'receivables', float, left_cents, p_now); end if;
  return 'locked';
end $$;
--> statement-breakpoint
-- A deposit has got a receipt of which signed statements show that it was reversed in the portal: what they show goes with the receipt.
create function given_back_by_2(p_deposit uuid, p_given deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set reversed_elsewhere_at = p_given.reversed_elsewhere_at, reversal_receipt = p_given.reversal_receipt,
    reversed_elsewhere_cents = least(amount_cents, p_given.reversed_elsewhere_cents)
  where id = p_deposit;
  perform book_reversed_2(p_deposit, p_now);
end $$;
--> statement-breakpoint
-- What statements show as reversed was another deposit's: it is taken off this one, as far as no other line shows it, and booked back. What a person had taken back for it
-- whole is opened again; of parts that are booked as refunds there is a task.
create function not_given_back_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  again deposits;
  shown record;
begin
  select * into d from deposits where id = p_deposit for update;
  select * into shown from shown_reversed_1(d.receipt, known_shortcode_1(d));
  update deposits set reversed_elsewhere_at = shown.first_at, reversed_elsewhere_cents = case when shown.cents is not null then least(amount_cents, shown.cents) end,
    reversal_receipt = shown.reversal where id = d.id;
  perform close_tasks_1(array['statement_reversed'], d.receipt, 'Another payment was reversed.', p_now) where shown.cents is null;
  if parts_given_back_2(d.id) > coalesce(shown.cents, 0) then perform open_task_1('taken_back_short', d.id::text, p_now); end if;
  if d.taken_back_at is null then
    perform book_reversed_2(d.id, p_now);
  elsif shown.cents is null then
    again := d; again.id := new_id_1(); again.taken_back_at := null; again.allocated_at := null; again.allocation_due_at := p_now; again.held_until := null; again.settled_at := p_now;
    again.reversed_elsewhere_at := null; again.reversed_elsewhere_cents := null; again.reversal_receipt := null;
    update deposits set receipt = null, attempt_id = null, merged_into = again.id where id = d.id;
    perform open_after_all_1(again, p_now);
  end if;
end $$;
--> statement-breakpoint
-- What this deposit counted for, and bought nothing with yet, is not paid any more: its money is another movement's.
create function unpay_2(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update payments p set state = 'expired', counted_deposit_id = null, settled_at = null where p.id = d.payment_id and p.counted_deposit_id = d.id and p.state = 'paid';
  if found then perform record_1('payment_reopened', d.payment_id, 'paid', 'expired', p_now); end if;
end $$;
--> statement-breakpoint
-- Keeps `payments.state` and `payments.status`, its name in the last release, equal: whoever writes one of the two writes both, and where both are written `state` counts. A row
-- from before `state` gets it with its first change. Also keeps a copy of the rare states, so that those are found without reading all.
create function keep_payment_state_1() returns trigger language plpgsql as $$
begin
  if new.state is null or tg_op = 'UPDATE' and new.state is not distinct from old.state then new.state := new.status; end if;
  new.status := new.state;
  new.rare_state := case when new.state in ('expired', 'reversed', 'refunded') then new.state end;
  new.rare_status := new.rare_state;
  return new;
end $$;
--> statement-breakpoint
-- A success learns a receipt, and what its notice says of the payer. The receipt is proved only if it is proved by itself: proof is never lent.
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
-- Writes a payment for what is owed, in whole shillings, under the first of the drawn references that is free. `p_expected` is what the customer was shown.
create function write_payment_2(payment payments, p_references text[], p_expected bigint, p_limits jsonb) returns payments language plpgsql as $$
begin
  payment.amount_cents := (payment.owed_cents + 99) / 100 * 100;
  payment.state := 'pending';
  if payment.amount_cents not between (p_limits->>'minCents')::bigint and (p_limits->>'maxCents')::bigint then
    perform refuse('amount_out_of_range', jsonb_build_object('owedCents', payment.amount_cents::text));
  end if;
  if p_expected <> payment.amount_cents then perform refuse('amount_mismatch', jsonb_build_object('owedCents', payment.amount_cents::text)); end if;

  for n in 1 .. cardinality(p_references) loop
    payment.reference := p_references[n];
    insert into payments (id, reference, purpose, subject, caller, external_reference, metadata_sealed, lines, language, phone, phone_hash, email, email_hash, name,
      owed_cents, amount_cents, state, latest_attempt_id, created_at)
    values (payment.id, payment.reference, payment.purpose, payment.subject, payment.caller, payment.external_reference, payment.metadata_sealed, payment.lines,
      payment.language, payment.phone, payment.phone_hash, payment.email, payment.email_hash, payment.name,
      payment.owed_cents, payment.amount_cents, payment.state, payment.latest_attempt_id, payment.created_at)
    on conflict do nothing;
    if found then return payment; end if;
    -- ours is free, so that it is the caller's own reference that names a payment already
    if not exists (select from payments p where p.reference = payment.reference) then perform refuse('external_reference_used'); end if;
  end loop;
  raise exception 'None of the drawn references is free.';
end $$;
--> statement-breakpoint
-- Writes a prompt that Safaricom is about to be asked for, counts it and says who asked. Returns until when it can be answered: Safaricom gives up after about a minute.
create function write_attempt_2(
  payment payments, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text, p_now timestamptz
) returns timestamptz language plpgsql as $$
declare
  answerable timestamptz := p_now + interval '75 seconds';
  -- a PIN that is entered late is still taken: until then a query's failure is final for few codes only
  payable timestamptz := p_now + interval '180 seconds';
begin
  update attempts set live = false where live and live_until <= p_now and (phone_hash = p_phone_hash or payment_id = payment.id);
  insert into attempts (id, payment_id, phone_hash, phone_tail, amount_cents, state, live_until, payable_until, query_due_at, created_at)
  values (p_attempt, payment.id, p_phone_hash, p_phone_tail, payment.amount_cents, 'requested', answerable, payable, p_now + interval '15 seconds', p_now)
  on conflict do nothing; -- one live prompt per phone and per payment
  if not found then perform refuse('prompt_open'); end if;
  perform count_prompt_2(p_phone_hash, p_network, p_limits, p_now);
  perform record_by_1(p_actor, 'payment_requested', payment.id::text, null, jsonb_build_object('attemptId', p_attempt::text, 'amountCents', payment.amount_cents::text), p_request_id, p_now);
  return answerable;
end $$;
--> statement-breakpoint
-- Counts a prompt against every limit: per phone, so that nobody's phone rings on and on; per network, so that no network uses up the shop's day; on one day. Without a
-- network it comes from the holder of an API key, who is known.
create function count_prompt_2(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  perform count_sliding_1(p_phone_hash, p_limits->'promptsPerPhone', 'too_many_prompts', p_now);
  if p_network is not null then perform count_network_1('prompts', 'address:' || p_network, p_network, p_limits, p_now); end if;
  perform count_daily_1('prompts', (p_limits->>'promptsPerDay')::int, p_network is null or has_paid_2(p_phone_hash), p_now);
end $$;
--> statement-breakpoint
-- Counts a booking that a visitor makes, against limits of their own that are as high.
create function count_booking_2(p_phone_hash text, p_network text, p_limits jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  perform count_network_1('bookings', 'booking:' || p_network, p_network, p_limits, p_now);
  perform count_daily_1('bookings', (p_limits->>'promptsPerDay')::int, has_paid_2(p_phone_hash), p_now);
end $$;
--> statement-breakpoint
-- Whoever we know: somebody who has paid from this phone before.
create function has_paid_2(p_phone_hash text) returns boolean language sql stable as $$
  select exists (select from payments p where p.phone_hash = p_phone_hash and p.state = 'paid')
$$;
--> statement-breakpoint
-- What was counted as proved is only told again: the proof may be, or is, another movement's.
create function disprove_money_2(d deposits, p_now timestamptz) returns void language plpgsql as $$
begin
  update deposits set confirmed_at = null where id = d.id;
  if d.shortcode is not null then
    perform book_1('disproved', d.id, next_leg_1('disproved', d.id), own_account_1('paybill_told', d.shortcode), own_account_1('paybill_float', d.shortcode), d.amount_cents, p_now);
  end if;
  if d.reversed_elsewhere_at is not null then perform book_reversed_2(d.id, p_now); end if;
end $$;
--> statement-breakpoint
-- Declines requested payouts of money that is not there, with a task that says so. One that is approved at this moment stays, and is checked before it is sent. `p_sources`:
-- the ids that the money may belong to.
create function call_back_payouts_2(p_sources uuid[], p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
begin
  for o in
    update payouts p set state = 'declined', decided_by = 'malipo', decided_at = p_now where p.subject_id = any(p_sources) and p.state = 'requested' returning p.*
  loop
    perform record_by_1('malipo', 'payout_declined', o.id::text, '"requested"', '"declined"', null, p_now);
    perform open_worded_task_1('deposit_displaced', p_deposit::text, format('Payout %s would have paid out or refunded this money, and was declined automatically: the money is another payment''s and was taken back. '
      || 'Check what is still owed, and to whom (GET /api/payouts?payoutId=%s), and request it again once it is proved.', o.reference, o.id), p_now);
  end loop;
end $$;
--> statement-breakpoint
-- Keeps `payouts.subject_id` and `payouts.subject`, the text that the last release knows, equal: whoever writes one of the two writes both, and where both are written
-- `subject_id` counts. A row from before `subject_id` gets it with its first change.
create function keep_payout_subject_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' and new.subject_id is null or tg_op = 'UPDATE' and new.subject_id is not distinct from old.subject_id then new.subject_id := new.subject::uuid; end if;
  new.subject := new.subject_id::text;
  return new;
end $$;
--> statement-breakpoint
-- What left under a withdrawal's receipt: what was paid by hand in one sum may be several payouts (book-paid-out.ts).
create function left_under_2(w withdrawals) returns bigint language sql stable as $$
  select case when w.dispatched_at is not null then w.amount_cents else coalesce((select sum(b.amount_cents) from payouts p
      join payouts o on o.subject_id = p.subject_id and o.portal_receipt = w.receipt join withdrawals b on b.payout_id = o.id
    where p.id = w.payout_id)::bigint, w.amount_cents) end
$$;
--> statement-breakpoint
-- Our reversal of a deposit that has no result yet.
create function unended_reversal_2(p_deposit uuid) returns uuid language sql stable as $$
  select w.id from payouts p join withdrawals w on w.payout_id = p.id
  where p.kind = 'reversal' and p.subject_id = p_deposit and w.state in ('dispatched', 'unknown') and w.result_code is distinct from 'R000001' order by w.id limit 1
$$;
--> statement-breakpoint
-- What stands in sales and VAT of a deposit that was sold over the counter: less what was taken back of it, and what its refunds have taken off (close-counter-refund.ts).
create function over_counter_2(p_deposit uuid) returns table (account text, cents bigint) language sql stable as $$
  select x.account, sum(x.cents)::bigint from (
    select t.credit_account as account, t.amount_cents as cents from transfers t where t.kind = 'counter_sale' and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from transfers t where t.kind in ('claimed', 'taken_back') and t.source_id = p_deposit::text
    union all select t.debit_account, -t.amount_cents from payouts o join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
      where o.subject_id = p_deposit and o.payment_id is null) x
  where x.account in ('counter_sales', 'vat_payable') group by x.account having sum(x.cents) > 0 order by x.account
$$;
--> statement-breakpoint
-- What people have booked of what signed statements show as reversed of a deposit in parts (give-back-parts.ts). What was paid by hand has its own receipt, or is the rest of
-- what has it.
create function parts_given_back_2(p_deposit uuid) returns bigint language sql stable as $$
  select coalesce(sum(w.amount_cents), 0)::bigint from payouts o join withdrawals w on w.payout_id = o.id
  where o.subject_id = p_deposit and o.portal_receipt is not null and w.receipt is null
    and not exists (select from withdrawals by_hand where by_hand.receipt = o.portal_receipt and by_hand.dispatched_at is null)
$$;
--> statement-breakpoint
-- What became of proved money for a payment that was taken back because its money was refuted: `here` as long as any of it is, or `returned`, by us or in the portal. Null: none came.
create function came_after_all_2(p_payment uuid) returns text language plpgsql stable as $$
begin
  return (select case when d.amount_cents > coalesce(d.reversed_elsewhere_cents, 0) + (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject_id = d.id and o.kind in ('refund', 'reversal') and o.state = 'paid') - parts_given_back_2(d.id) then 'here' else 'returned' end
  from deposits d
  where d.payment_id = p_payment and d.confirmed_at is not null and d.merged_into is null and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
  order by 1 limit 1);
end $$;
--> statement-breakpoint
-- A withdrawal moved nothing: what was reserved for it goes back to where it came from. Call it under its payout's lock and its own.
create function reject_withdrawal_2(w withdrawals, payout payouts, p_result_code text, p_note text, p_now timestamptz) returns void language plpgsql as $$
begin
  update withdrawals set state = 'rejected', result_code = p_result_code, settled_at = p_now, query_due_at = null where id = w.id;
  perform book_1('payout_released', w.id, 1, 'payout_reserve', payout.source_account, w.amount_cents, p_now);
  perform take_back_returned_2(payout, w.amount_cents, p_now);
  perform close_tasks_1(array['payout_two_receipts', 'payout_other_conversation', 'payout_unresolved', 'payout_already_reversed'], w.id::text, p_note, p_now);
end $$;
--> statement-breakpoint
-- Whether this money was reversed already, so that it does not leave: `portal` (a signed statement shows it, and not all parts of it are booked), `perhaps` (a signed
-- statement shows a reversal that may be this one's: its line does not say of which payment, or nothing has proved a receipt of its prompt's own, and the reversed receipt was
-- reported for something else, or not at all). Call it under its lock.
create function given_back_2(d deposits) returns text language sql stable as $$
  select case
    when d.reversed_elsewhere_at is not null and coalesce(d.reversed_elsewhere_cents, d.amount_cents) > parts_given_back_2(d.id) then 'portal'
    when d.attempt_id is not null and d.receipt_proved_at is null and (exists (select from deposits o
        where o.echo_of = d.attempt_id and o.amount_cents = d.amount_cents and o.id <> d.id and o.merged_into is null and o.reversed_elsewhere_at is not null)
      or exists (select from attempts a, statement_lines l join statements s on s.id = l.statement_id
        where a.id = d.attempt_id and l.finding = 'reversed' and l.direction = 'out' and l.verdict = 'unknown' and s.shortcode = d.shortcode
          and l.amount_cents <= d.amount_cents and l.completed_at >= a.created_at and may_fit_1(a, '{}', coalesce(l.linked_receipt, l.receipt), null, null))) then 'perhaps'
    when unlinked_reversal_1(d) is not null then 'perhaps' end
$$;
--> statement-breakpoint
-- The payment that a reversal undid, as signed statements, two people or Safaricom's answer to a reversal of ours have said. Null where nobody has.
create function known_link_2(p_reversal text) returns text language sql stable as $$
  select coalesce(
    (select x.linked_receipt from statement_lines x join statements s on s.id = x.statement_id
      where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is not null and s.state in ('signed', 'done') limit 1),
    (select coalesce(o.receipt, d.receipt) from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
      where w.receipt = p_reversal and w.state = 'paid'))
$$;
--> statement-breakpoint
-- Compares the next lines of a statement with our books, oldest first: each gets one finding. test/statements/match-statement.ts says the same slowly and plainly.
create function match_lines_2(p_statement uuid, p_limit int) returns int language plpgsql as $$
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

  -- which payment a reversal undid, where only another signed statement says it
  update statement_lines x set linked_receipt = known_link_2(x.receipt)
  where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is null;

  -- what the receipt decides
  update statement_lines x set movement_id = case when not f.repeats then coalesce(f.giving_back, f.movement_id) end, finding = case
      when x.kind in ('charge', 'sweep', 'top_up', 'internal') then x.kind
      when f.repeats then 'duplicate'
      when f.amount_cents = x.amount_cents then 'agrees'
      when f.amount_cents is not null then 'amount_differs'
      when x.kind = 'reversal' then case when f.own_cents <> x.amount_cents then 'amount_differs' when f.given_back then 'agrees' when f.giving_back is not null then 'unresolved' else 'reversed' end end
  from (
    select y.n, case when y.kind in ('charge', 'sweep', 'top_up', 'internal') then null else coalesce(d.id, w.id, u.id, v.id) end as movement_id,
      coalesce(d.amount_cents, left_under_2(w)) as amount_cents, ours.amount_cents as own_cents,
      ours.amount_cents is not null or u.taken_back_at is not null and u.reversed_elsewhere_at is not null as given_back,
      unended_reversal_2(u.id) as giving_back,
      -- the balance goes through a part that is reversed by hand as often as it is listed; a payment, a payout and a reversal of ours move once
      y.ordinal > 1 and not (y.kind = 'reversal' and y.direction = 'out' and w.id is null and ours.amount_cents is null) as repeats
    from statement_lines y
      left join deposits d on y.direction = 'in' and d.receipt = y.receipt and d.merged_into is null
        and (d.taken_back_at is null or d.reversed_elsewhere_at is not null)
      left join withdrawals w on y.direction = 'out' and w.receipt = y.receipt and w.state = 'paid'
      -- what a reversal has undone
      left join deposits u on y.kind = 'reversal' and y.direction = 'out' and u.receipt = coalesce(y.linked_receipt, y.receipt) and u.merged_into is null
      left join withdrawals v on y.kind = 'reversal' and y.direction = 'in' and v.receipt = coalesce(y.linked_receipt, y.receipt)
      left join lateral (select b.amount_cents from payouts o join withdrawals b on b.payout_id = o.id where o.kind = 'reversal' and o.subject_id = u.id and b.state = 'paid' limit 1) ours on true
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
create function end_matching_2(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
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
    from withdrawals w join payouts p on p.id = w.payout_id left join deposits d on d.id = case when p.kind = 'reversal' then p.subject_id end
    where case when is_by_list_1(d) then false else coalesce(d.shortcode = s.shortcode, s.pays_out) end and w.state = 'paid' and w.dispatched_at >= s.covers_from and coalesce(w.moved_at, w.settled_at) between s.covers_from and s.covers_to
      and not exists (select from statement_lines l where l.statement_id = s.id and l.direction = 'out' and l.movement_id = w.id)
      -- reversed: its line may bear the receipt of the payment
      and not exists (select from statement_lines l where l.statement_id = s.id and l.kind = 'reversal' and l.movement_id = d.id)
    on conflict do nothing;
  end if;
  update statements set state = 'matched', done = 0 where id = s.id;
  perform open_task_1('statement_unsigned', s.id::text, p_now);
  return true;
end $$;
--> statement-breakpoint
-- An earlier release left what statements show of a receipt on the deposit that had lost it, beside the one that has it now. It is taken off there, and booked back; what a
-- person had taken back for it is opened again. The lines of the statements say whose it is. Safe to repeat.
create function mend_copied_reversals_2(p_now timestamptz) returns int language plpgsql as $$
declare
  d deposits;
  mended int := 0;
begin
  for d in
    select c.* from deposits c join deposits o on o.reversal_receipt = c.reversal_receipt and o.id <> c.id and o.merged_into is null
      join statement_lines l on l.receipt = c.reversal_receipt and l.finding = 'reversed' and l.direction = 'out' and coalesce(l.linked_receipt, l.receipt) = o.receipt
    where c.merged_into is null and c.reversed_elsewhere_at is not null and o.reversed_elsewhere_at is not null order by c.id
  loop
    continue when exists (select from deposits x where x.id = d.id and x.reversed_elsewhere_at is null);
    mended := mended + 1;
    perform not_given_back_2(d.id, p_now);
  end loop;
  return mended;
end $$;
--> statement-breakpoint
-- The reversal of ours that a line without a link may be: of its amount and short code, sent before, and without a result.
create function unended_like_2(l statement_lines, p_shortcode text) returns uuid language sql stable as $$
  select w.id from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
  where w.state in ('dispatched', 'unknown') and w.result_code is distinct from 'R000001' and w.receipt is null and w.amount_cents = l.amount_cents and coalesce(known_shortcode_1(d), p_shortcode) = p_shortcode
    and w.dispatched_at - interval '60 seconds' <= l.completed_at
    and not exists (select from statement_lines x where x.statement_id = l.statement_id and x.movement_id = w.id and x.finding = 'unresolved' and x.n <> l.n)
  order by w.dispatched_at, w.id limit 1
$$;
--> statement-breakpoint
-- Tasks for the reversals of a statement whose payment nobody knows, each reported once, or one for the statement where there are many.
create function tell_unlinked_2(p_statement uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  l record;
  how constant text := 'Export the full statement of that time from the portal (the layout with "Linked Transaction ID"), import it and have it signed. Or say which payment it was: '
    || 'POST /api/float-entries with "kind": "paid_out", this receipt and the "depositId", and have a second person approve it. Until then no money leaves that it may have reversed.';
begin
  if (select count(*) > 20 from statement_lines x where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked') then
    perform open_worded_task_1('statement_reversed', p_statement::text, 'Payments were reversed in the portal, and this statement does not say which: it has no "Linked Transaction ID". '
      || '?finding=reversed of GET /api/statements/<id> lists them. ' || how, p_now);
    return;
  end if;
  for l in
    select x.receipt, x.amount_cents, x.completed_at, s.shortcode from statement_lines x join statements s on s.id = x.statement_id
    where x.statement_id = p_statement and x.finding = 'reversed' and x.verdict = 'unlinked' and not exists (select from reviews r where r.kind = 'statement_reversed' and r.subject = x.receipt) order by x.n
  loop
    perform open_worded_task_1('statement_reversed', l.receipt, format('By this reversal KES %s left %s on %s, and the statement does not say which payment it reversed: it has no "Linked Transaction ID". ',
      trim(to_char(l.amount_cents / 100.0, 'FM999,999,999,990.00')), l.shortcode, to_char(l.completed_at at time zone 'Africa/Nairobi', 'DD-MM-YYYY HH24:MI')) || how, p_now);
  end loop;
end $$;
--> statement-breakpoint
-- Ends the reversals of which M-PESA said that their payment had been reversed already, and which moved nothing: once signed statements show the whole as reversed, or a part
-- and each day from the payment to the request. What they show has locked it. How many.
create function end_already_reversed_2(p_now timestamptz) returns int language plpgsql as $$
declare
  w withdrawals;
  payout payouts;
  ended int := 0;
begin
  for w in
    select x.* from reviews r join withdrawals x on x.id = r.subject::uuid join payouts o on o.id = x.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
    where r.kind = 'payout_already_reversed' and r.closed_at is null and x.state = 'unknown' and x.result_code = 'R000001'
      and exists (select from statement_lines l join statements s on s.id = l.statement_id
        where coalesce(l.linked_receipt, l.receipt) = d.receipt and l.finding = 'reversed' and l.direction = 'out' and l.movement_id = d.id and l.verdict in ('locked', 'taken_back')
          and (d.reversed_elsewhere_cents = d.amount_cents or is_covered_1(s.shortcode, (coalesce(d.moved_at, d.settled_at) at time zone 'Africa/Nairobi')::date,
            (x.dispatched_at at time zone 'Africa/Nairobi')::date)))
    order by x.id
  loop
    select * into payout from payouts where id = w.payout_id for update;
    select * into w from withdrawals x where x.id = w.id and x.state = 'unknown' for update;
    continue when not found;
    perform reject_withdrawal_2(w, payout, w.result_code, 'Signed statements show what was reversed.', p_now);
    perform judge_payout_1(payout.id, p_now);
    ended := ended + 1;
  end loop;
  return ended;
end $$;
--> statement-breakpoint
-- The money of a payout was taken back while the payout was under way, and the payout, or a part of it, has not left after all: what returned is taken back now, and nobody
-- owes it. The lock of its account keeps it apart from a take-back at the same time, which sees that it came back, or is seen here.
create function take_back_returned_2(payout payouts, p_cents bigint, p_now timestamptz) returns void language plpgsql as $$
declare
  d record;
  owed bigint;
  left_cents bigint := p_cents;
begin
  if payout.source_account not in ('booking_payable', 'customer_credit', 'suspense') then return; end if;
  perform from accounts where id = payout.source_account for no key update;
  for d in
    select x.id from deposits x where x.taken_back_at is not null and x.id in (select payout.subject_id
      union all select o.id from deposits o where o.payment_id = payout.subject_id union all select m.deposit_id from matches m where m.payment_id = payout.subject_id)
    order by x.taken_back_at, x.id
  loop
    select coalesce(sum(case t.debit_account when 'receivables' then t.amount_cents else -t.amount_cents end), 0) into owed
    from transfers t where t.kind in ('taken_back', 'reversed_elsewhere') and t.source_id = d.id::text and 'receivables' in (t.debit_account, t.credit_account);
    continue when least(owed, left_cents) <= 0;
    perform book_1('taken_back', d.id, next_leg_1('taken_back', d.id), payout.source_account, 'receivables', least(owed, left_cents), p_now);
    if owed <= left_cents then perform close_tasks_1(array['taken_back_short'], d.id::text, 'What was under way has not left: nobody owes it.', p_now); end if;
    left_cents := left_cents - least(owed, left_cents);
  end loop;
end $$;
--> statement-breakpoint
-- What of a booking's fee is held, or was when it was decided: less what was reversed of it in the portal before.
create function held_of_booking_2(p_booking uuid) returns bigint language sql stable as $$
  select p.amount_cents - coalesce((select sum(o.amount_cents) from payouts o where o.payment_id = p.id and o.source_account = 'booking_escrow'
    and o.subject_id in (select d.id from deposits d where d.payment_id = p.id union all select m.deposit_id from matches m where m.payment_id = p.id)), 0)::bigint
  from payments p where p.id = p_booking
$$;
--> statement-breakpoint
-- Evidence is never removed, and says for ever what was said, about what, from where and when. Its verdict may be judged again, and its body be encrypted under another key: the hash is
-- of the words.
create or replace function refuse_evidence_change_1() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and (new.id, new.source, new.body_hash, new.received_at) = (old.id, old.source, old.body_hash, old.received_at)
    and new.subject_id is not distinct from old.subject_id then return new; end if;
  raise exception 'Evidence is kept as it came: % is refused', tg_op using errcode = 'MP002';
end $$;
--> statement-breakpoint
-- Books a settled deposit to its payment's purpose if it is the one that counts or the purpose takes everything, to the account whose reference was typed, what is more than
-- owed and every further deposit to the customer's credit, too little, and money of unknown purpose, to suspense; a person gets a task for these. Clearing is empty again. A
-- deposit that was held is checked again first: a success without a receipt may have come meanwhile, whose money it is. Safe to call twice. `loan`: what it is for has to be
-- worked out (allocate.ts does). `typed`: booked by an earlier release, which kept what was typed in sealed form alone.
create or replace function allocate_3(p_deposit uuid, p_counter_vat_class text, p_now timestamptz) returns text language plpgsql as $$
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
-- Signed statements show that this much of a deposit was reversed in the portal: it is kept on it, audited once, and booked as book_reversed_2 says. Call it under its lock.
create or replace function mark_reversed_1(d deposits, p_first_at timestamptz, p_cents bigint, p_reversal text, p_now timestamptz) returns text language plpgsql as $$
begin
  update deposits set reversed_elsewhere_at = coalesce(reversed_elsewhere_at, p_first_at), reversal_receipt = coalesce(reversal_receipt, p_reversal),
    reversed_elsewhere_cents = least(amount_cents, p_cents)
  where id = d.id and taken_back_at is null;
  if found and d.reversed_elsewhere_at is null then perform record_1('deposit_reversed_elsewhere', d.id, null, p_reversal, p_now); end if;
  return book_reversed_2(d.id, p_now);
end $$;
--> statement-breakpoint
-- A line of a pull or a statement says what was truly typed, and a notice may have lied about it: it is corrected as long as nothing was bought with it. What was bought is
-- left as it is: the words that the line has are returned then, and are not stored.
create or replace function correct_words_2(
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
-- A deposit counts for its payment if it pays it, or if it is proved where what counted is not: a lie may not keep the place of money that came.
create or replace function count_deposit_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  payment payments;
  counted deposits;
  matched uuid; -- by a person
begin
  select * into d from deposits where id = p_deposit;
  select * into payment from payments where id = d.payment_id for update;
  if not found or d.amount_cents < payment.amount_cents or d.refuted_at is not null or d.taken_back_at is not null then return; end if;
  if payment.state in ('pending', 'unknown', 'failed', 'expired') then
    update payments p set state = 'paid', failure_code = null, counted_deposit_id = d.id, settled_at = coalesce(p.settled_at, p_now) where p.id = payment.id;
    perform record_1(case when payment.state in ('failed', 'expired') then 'late_success' else 'payment_paid' end, payment.id, payment.state, 'paid', p_now);
    return;
  end if;
  if payment.state <> 'paid' or d.confirmed_at is null or payment.counted_deposit_id = d.id then return; end if;
  select * into counted from deposits where id = payment.counted_deposit_id for update;
  matched := match_for_1(counted.id, payment.id, payment.amount_cents);
  if counted.confirmed_at is not null or counted.payment_id is distinct from payment.id and matched is null or stands_in_2(d) not in ('clearing', 'customer_credit') then return; end if;
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
-- A success has no proved receipt, or one by its time alone, and a receipt of its amount and time was proved that a notice had reported, or a person had matched, for something else: both may be one
-- movement. What was proved of that receipt is then only told, until the success has a receipt of its own.
create or replace function doubt_receipt_2(attempt attempts, p_success uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  by_time boolean := exists (select from deposits n where n.id = p_success and n.tied_by = 'time' and n.receipt_proved_at is not null);
begin
  select o.* into d from deposits o
  where o.attempt_id is null and case when by_time then o.source = 'c2b' and not o.may_echo else o.source = 'c2b' or o.may_echo end
    and o.receipt_proved_at is not null and o.confirmed_at is not null and o.merged_into is null and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
    and o.moved_at between attempt.created_at - interval '2 days' and attempt.created_at + interval '2 days'
    and may_fit_1(attempt, sure_times_1(o), o.receipt, o.payer_hash, o.payer_tail)
  order by (o.payer_hash = attempt.phone_hash) desc nulls last, (o.payer_tail = attempt.phone_tail) desc nulls last, abs(extract(epoch from o.moved_at - attempt.created_at)), o.id
  limit 1 for update;
  if not found and not by_time then -- one that fits another success better, whose own by a guess may be this one's
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
  if d.taken_back_at is not null then -- it was reversed in the portal: the success may be that movement (given_back_2)
    update deposits set echo_of = attempt.id where id = d.id;
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  if is_leaving_1(d.id) then -- it is on its way back to somebody
    perform open_task_1('receipt_doubted', p_success::text, p_now);
    return;
  end if;
  update deposits set echo_of = attempt.id where id = d.id;
  perform disprove_money_2(d, p_now);
  perform open_task_1('receipt_doubted', d.id::text, p_now);
end $$;
--> statement-breakpoint
-- Makes a place for a receipt that fits none of `p_ends` (successes without a receipt, or with one that nobody has proved) itself: a success that it fits, whose receipt is a
-- guess too and fits one of them, or another one whose receipt does, and so on: each of these moves on by one. So n receipts that can be told apart fill n successes, in
-- whatever order they come. It is looked for from the ends, all successes of one distance at once, so that a crowd of one amount costs nothing where none of its receipts fits
-- an end. `p_seen` is about to be left, and what is being refunded or reversed does not move. Not `p_moves`: nothing is moved, and the end is returned that could be reached if all
-- could. Called under the lock of the amount's group.
create or replace function make_place_2(
  d deposits, p_times timestamptz[], p_ends uuid[], p_seen uuid[], p_moves boolean, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  reached uuid[] := p_ends;
  onward uuid[] := array_fill(null::uuid, array[cardinality(p_ends)]); -- where the receipt of each goes
  latest uuid[] := p_ends;
  places uuid[];
  way uuid[];
  own deposits;
begin
  while way is null loop
    select x.nearer, x.onward into latest, places from nearer_2(d, latest, reached, p_seen, p_moves, p_now) x;
    if latest is null then return null; end if;
    reached := reached || latest;
    onward := onward || places;
    select array[n.id] into way from deposits n join attempts a on a.id = n.attempt_id
    where n.id = any(latest) and may_name_1(d, d.payment_id, p_times, n.payment_id, a)
    order by n.tied_by <> 'time', abs(extract(epoch from a.created_at - p_times[1])), n.id limit 1;
  end loop;
  while onward[array_position(reached, way[1])] is not null loop way := onward[array_position(reached, way[1])] || way; end loop;
  if not p_moves then return way[1]; end if;
  if exists (select from deposits n where n.id = way[1] and n.receipt is not null) then way[1] := free_receipt_2(way[1], p_now); end if;
  for at in 2 .. cardinality(way) loop -- the end comes first
    select * into own from deposits where id = way[at];
    perform unname_deposit_1(own.id);
    if own.reversed_elsewhere_at is not null then perform book_reversed_2(own.id, p_now); end if;
    perform name_deposit_2(way[at - 1], as_freed_1(own, p_now), null, p_now);
  end loop;
  return way[cardinality(way)];
end $$;
--> statement-breakpoint
-- A success has no receipt, and none fits it that has no success: one that fits another success better, so that this one's moves here, may be there nevertheless. All receipts are
-- compared with all places at once: a stranger can make up many.
create or replace function match_left_over_2(attempt attempts, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  reached uuid[];
  success uuid;
begin
  d.amount_cents := attempt.amount_cents; d.shortcode := p_shortcode;
  reached := places_2(d, p_now);
  for d in
    with p as materialized (select a as attempt from deposits n join attempts a on a.id = n.attempt_id where n.id = any(reached)),
    o as materialized (select o as deposit, case when o.source = 'pull' then array[o.moved_at, o.moved_at + interval '3 hours'] else array[o.moved_at] end as times from deposits o
      where o.may_echo and o.attempt_id is null and o.payment_id is null and o.receipt is not null and o.merged_into is null and o.refuted_at is null and o.taken_back_at is null
        and o.amount_cents = attempt.amount_cents and o.shortcode is not distinct from p_shortcode
        and o.moved_at between attempt.created_at - interval '6 hours' and attempt.created_at + interval '6 hours')
    select (o.deposit).* from o
    where exists (select from p where may_fit_1(p.attempt, o.times, (o.deposit).receipt, (o.deposit).payer_hash, (o.deposit).payer_tail))
    order by (o.deposit).receipt_proved_at is null, (o.deposit).id
  loop
    if stands_in_2(d) = 'spent' and (not exists (select from over_counter_2(d.id)) or is_leaving_1(d.id)) then continue; end if;
    success := find_place_2(d, case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end, false, '{}', p_now);
    if success is not null and merge_deposit_2(d.id, success, p_now) then
      perform name_deposit_2(success, d, null, p_now);
      return;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- Who knows says at which of our short codes money came: there it stands, where only its notice or a pulled list had named another one.
create or replace function gather_2(p_deposit uuid, p_shortcode text, p_now timestamptz) returns void language plpgsql as $$
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
    -- what was reversed of it has left there by now: it is counted where the payment is (read-movements.ts)
    stands := d.amount_cents - left_from_1(d.id, own_account_1(account, d.shortcode));
    if stands > 0 then perform book_1('gathered', d.id, next_leg_1('gathered', d.id), own_account_1(account, p_shortcode), own_account_1(account, d.shortcode), stands, p_now); end if;
  end if;
  -- what of it came before a first balance is in that of its own short code
  perform lower_opening_1(m.shortcode, m.booked_at, m.cents) from (
    select c.shortcode, o.booked_at, o.cents * c.sign as cents from own_moves_1(d.id) o, (values (d.shortcode, -1), (p_shortcode, 1)) c (shortcode, sign) order by c.shortcode) m;
  update deposits set shortcode = p_shortcode, shortcode_by_list = null where id = d.id;
  perform close_missing_1(p_now);
end $$;
--> statement-breakpoint
-- A deposit turns out to be the same movement as another one, or none at all (`p_into` is null): its booking is taken off again by a transfer of its own, and its row counts for nothing. What was
-- bought with it is not undone here: it is locked, and a person takes it back. False then.
create or replace function merge_deposit_2(p_deposit uuid, p_into uuid, p_now timestamptz) returns boolean language plpgsql as $$
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
-- A counter sale that turns out to be something else's money: it goes back to clearing. False when there is none, or when some of it is being or was refunded.
create or replace function undo_counter_sale_2(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
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
-- A deposit becomes the money of an attempt, where it stands: whatever is whole goes back to clearing, to be allocated to the attempt's payment. False, and nothing
-- is done, when it has paid for something else.
create or replace function claim_deposit_2(d deposits, attempt attempts, p_tied_by text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  place text;
begin
  select * into d from deposits where id = d.id and attempt_id is null and merged_into is null and taken_back_at is null for update; -- it may have been allocated meanwhile
  if d.id is null then return false; end if;
  place := case when undo_counter_sale_2(d.id, p_now) then 'clearing' else stands_in_2(d) end;
  if place = 'spent' and d.payment_id is distinct from attempt.payment_id then return false; end if;
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
--> statement-breakpoint
-- The receipt that a success had by a guess becomes a movement of its own again. It may be the name of another success. Where it was reversed in the portal and taken back
-- already, its row is that movement, and the success is booked again. Returns the success's row.
create or replace function free_receipt_2(p_deposit uuid, p_now timestamptz) returns uuid language plpgsql as $$
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
-- A success that lost a receipt it had by a guess may have another one.
create or replace function name_again_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
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
-- A success has another receipt by a guess, and the money whose receipt its callback names has paid for the same thing already: the two change names. What was bought stays
-- bought with the money that came, and what the guess was about is a movement of its own.
create or replace function swap_names_2(
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
--> statement-breakpoint
-- Opens a payment, and its first prompt, before Safaricom hears of them. `p_owed`, `p_lines` and the refusal are what the purpose quoted. Whatever refuses undoes everything:
-- nothing is written, nothing is counted, the key is free.
create or replace function open_payment_2(
  p_owed bigint, p_lines jsonb, p_refusal text, p_refusal_detail jsonb, p_payment jsonb, p_references text[], p_expected bigint,
  p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz,
  out id uuid, out reference text, out "amountCents" bigint, out language text, out "liveUntil" timestamptz, out "earlierMayBePaid" boolean
) language plpgsql as $$
declare
  payment payments := jsonb_populate_record(null::payments, p_payment);
begin
  perform claim_key_2(p_scope, p_key, p_fingerprint, p_attempt, payment.id, p_now);
  if p_refusal is not null then perform refuse(p_refusal, p_refusal_detail); end if;
  payment.owed_cents := p_owed; payment.lines := p_lines; payment.latest_attempt_id := p_attempt; payment.created_at := p_now;
  payment := write_payment_2(payment, p_references, p_expected, p_limits);
  "liveUntil" := write_attempt_2(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language; "earlierMayBePaid" := false;
end $$;
--> statement-breakpoint
-- Opens one more prompt for a payment that was not paid (of the type `p_type`, if one is named). `earlierMayBePaid`: an earlier prompt can still be paid as well.
create or replace function open_again_2(
  p_payment uuid, p_type text, p_attempt uuid, p_phone_hash text, p_phone_tail text, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz,
  out id uuid, out reference text, out "amountCents" bigint, out language text, out "liveUntil" timestamptz, out "earlierMayBePaid" boolean
) language plpgsql as $$
declare
  payment payments;
begin
  perform claim_key_2(p_scope, p_key, p_fingerprint, p_attempt, p_payment, p_now);
  -- always payment, then attempt
  select * into payment from payments p where p.id = p_payment for update;
  if payment.id is null or payment.purpose <> p_type then perform refuse('payment_not_found'); end if;
  if payment.state = 'paid' then perform refuse('already_paid', jsonb_build_object('paymentId', payment.id, 'language', payment.language)); end if;
  if payment.state in ('reversed', 'refunded') then
    perform refuse('payment_returned', jsonb_build_object('paymentId', payment.id, 'language', payment.language, 'status', payment.state,
      'failureCode', payment.failure_code, 'cameAfterAll', case when payment.failure_code = 'refuted' then came_after_all_2(payment.id) end));
  end if;
  -- it was paid by hand, by a notice that waits for proof: whoever answers a prompt as well pays twice
  if exists (select from deposits h where h.payment_id = payment.id and h.held_until = 'infinity' and h.allocated_at is null and h.merged_into is null
    and h.refuted_at is null and h.amount_cents >= payment.amount_cents) then
    perform refuse('payment_being_checked', jsonb_build_object('paymentId', payment.id, 'language', payment.language));
  end if;
  -- a prompt has ended, and Safaricom was not yet asked how
  if exists (select from attempts a where a.payment_id = payment.id and a.state in ('requested', 'pending', 'unknown') and a.live_until <= p_now
    and a.checkout_request_id is not null and a.queried_at is null) then perform refuse('still_checking', jsonb_build_object('paymentId', payment.id)); end if;
  if payment.purpose = 'booking_fee' then perform refuse_late_booking_1(payment.id, p_now); end if;

  "liveUntil" := write_attempt_2(payment, p_attempt, p_phone_hash, p_phone_tail, p_network, p_limits, p_actor, p_request_id, p_now);
  update payments p set latest_attempt_id = p_attempt, state = 'pending', failure_code = null where p.id = payment.id;
  id := payment.id; reference := payment.reference; "amountCents" := payment.amount_cents; language := payment.language;
  "earlierMayBePaid" := exists (select from attempts a where a.payment_id = payment.id and a.id <> p_attempt
    and a.state in ('requested', 'pending', 'unknown') and a.payable_until > p_now);
end $$;
--> statement-breakpoint
-- The money of a deposit is proved (what proves it: settle-receipt.sql, take-success.sql; by which ways: ground/config/ways-to-prove.ts): it moves from what is told to the
-- float. Proof that comes after it was taken back opens the movement again.
create or replace function prove_money_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
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
    perform tell_closed_2(d.id, p_now);
    perform close_tasks_1(array['deposit_unconfirmed', 'deposit_not_confirmed', 'deposit_refuted', 'receipt_day_differs', 'receipt_doubted'], d.id::text, 'Proved.', p_now);
    if d.reversed_elsewhere_at is not null then perform book_reversed_2(d.id, p_now); end if;
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
-- The money of a payment is not there, or was reversed: it is `reversed`, for this reason, and never open again. Call it under its lock.
create or replace function reverse_payment_1(p_payment uuid, p_failure_code text, p_now timestamptz) returns void language plpgsql as $$
declare
  before text := (select p.state from payments p where p.id = p_payment);
begin
  update payments p set state = 'reversed', failure_code = p_failure_code where p.id = p_payment;
  perform record_1('payment_reversed', p_payment, before, 'reversed', p_now);
end $$;
--> statement-breakpoint
-- Settles what a C2B notice says. It proves nothing: the address is the same for all, so whoever knows it can say anything. Each receipt is booked once, as told money. A
-- notice that may be the echo of a prompt is booked too, and not allocated until the prompt's callback has named its receipt or the prompt has ended. arrives: new told money.
-- ties: the receipt of a success that a query reported. known: told or proved before. Others are quarantined: kept, and nothing is booked.
create or replace function settle_c2b_2(
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
  duplicate := not keep_evidence_1(null, 'c2b', p_body_hash, p_body, verdict, p_now);
  if duplicate then -- what was only kept until now is read for the first time
    duplicate := not judge_kept_1('c2b', p_body_hash, array['unreadable', 'other_shortcode'], verdict);
  end if;
  if verdict in ('known', 'ties') and not duplicate then -- the report of evidence asks whether a notice reported it too
    perform keep_evidence_1(coalesce(known.id, nameless), 'c2b', p_body_hash, p_body, verdict, p_now);
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
--> statement-breakpoint
-- Settles the proof of a receipt: that this much came to us under it. What proves is the answer to a status question of ours (about a receipt that we know), a line of a pull, or a line
-- of a statement that a person has signed off. The money is proved where it stands; a proved receipt fills a nameless success first, and takes the place of a receipt that
-- only tells. `p_times` holds the readings of a time whose clock is not certain. Who paid, and when, is what the proof says, and where it does not say, unknown: a notice may
-- have lied about both. proves: it was reported before. fills: the name of a success that had none. displaces: a success had another receipt by a guess. arrives: nobody had
-- reported it, or a notice had reported it for something else. doubted: it may be the receipt of a prompt's success that has none, and was spent for something else or
-- reported with other words: it stays told until that success has a receipt.
create or replace function settle_receipt_2(
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
  other_payer boolean := false; -- than was reported
  elsewhere boolean;        -- a statement of another short code of ours has it
  says_payer boolean := p_payer_hash is not null or p_payer_tail is not null;
begin
  perform lock_group_1(p_amount);
  perform lock_receipt_1(p_receipt);
  select * into payment from payments where reference = p_reference;
  select * into known from deposits where receipt = p_receipt;
  perform from payments where id in (payment.id, known.payment_id) order by id for update;
  select * into known from deposits where receipt = p_receipt for update;

  if is_paid_out_1(p_receipt) or known.id is null and is_own_money_1(p_receipt) then verdict := 'own_payout'; return; end if;
  if known.taken_back_at is not null and known.confirmed_at is null and p_source in ('pull', 'statement') then
    -- a list says what it was for: where it belongs is looked for again
    gone := known.id;
    update deposits set receipt = null where id = gone;
    known := null;
  end if;
  if p_opens and known.amount_cents <> p_amount and known.receipt_proved_at is null and known.tied_by in ('reference', 'payer', 'time') then -- no prompt's name: it brought another amount
    perform lock_group_1(known.amount_cents);
    lost := free_receipt_2(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
  end if;
  if known.id is not null and known.amount_cents <> p_amount then
    if known.receipt_proved_at is not null or known.attempt_id is not null then verdict := 'amount_differs'; perform open_task_1('evidence_amount_differs', p_receipt, p_now); return; end if;
    if not p_opens then verdict := 'amount_differs'; return; end if;
    -- reported with another amount than came: that one was a lie
    d := known; d.id := new_id_1(); d.moved_at := null; d.payer_name := null; d.payer_phone := null; d.payer_hash := null; d.payer_tail := null;
    d.reversed_elsewhere_at := null; d.reversed_elsewhere_cents := null; d.reversal_receipt := null;
    perform merge_deposit_2(known.id, d.id, p_now);
    perform open_task_1('evidence_amount_differs', p_receipt, p_now);
    known := null;
  end if;
  elsewhere := p_source = 'statement' and known.shortcode <> p_shortcode;
  if known.tied_by in ('reference', 'payer', 'time') and (elsewhere or is_not_its_name_1(known, payment, p_standing, p_payer_hash, p_payer_tail)) then
    lost := free_receipt_2(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
    if known.attempt_id is null then -- it is proved, and its payer known, before the success that lost it looks for another
      other_payer := payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail,
        receipt_proved_at = coalesce(receipt_proved_at, p_now), shortcode_by_list = coalesce(nullif(elsewhere, false), shortcode_by_list)
      where id = known.id;
    end if;
  end if;
  if known.attempt_id is null and known.taken_back_at is not null and known.confirmed_at is not null then -- reversed in the portal, and taken back
    if lost is not null then perform name_again_2(lost, p_now); end if;
    verdict := 'known';
    return;
  end if;
  if known.id is not null and p_source in ('pull', 'statement') then
    told := known;
    bought := stands_in_2(told) = 'spent';
    known := correct_words_2(told, payment, p_standing, p_typed, p_prompts, p_source, p_now);
    bought := bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing or known.may_echo <> told.may_echo);
  end if;
  if lost is not null then perform name_again_2(lost, p_now); end if;
  if known.receipt_proved_at is not null and known.confirmed_at is not null and (known.attempt_id is not null or known.allocated_at is not null) and not bought then
    verdict := 'known';
    perform place_2(known, p_source, p_shortcode, p_now);
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
    perform place_2(known, p_source, p_shortcode, p_now);
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
    if known.attempt_id is null and known.taken_back_at is null and (bought or stands_in_2(known) not in ('spent', 'gone')) then
      success := coalesce(find_place_2(known, near, false, '{}', p_now), find_guess_1(known, near), find_place_2(known, near, true, '{}', p_now), find_weaker_tie_1(known));
      if success is not null then
        verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
        if verdict = 'displaces' then success := free_receipt_2(success, p_now); end if;
        perform merge_deposit_2(known.id, success, p_now);
        perform name_deposit_2(success, known, null, p_now);
        perform clear_doubt_2((select n.attempt_id from deposits n where n.id = success), p_now);
        return;
      end if;
    end if;
    if bought and not known.may_echo and not is_matched_1(known.id) then
      -- the list has other words, and no person has said what it is for: the notice's words were a lie, and what they bought is taken back. Where a list has none, it contradicts none
      d := known; d.id := new_id_1();
      perform merge_deposit_2(known.id, d.id, p_now);
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
    perform prove_money_2(known.id, p_now);
    if known.attempt_id is not null then perform clear_doubt_2(known.attempt_id, p_now); end if;
    if known.held_until is null then perform count_deposit_2(known.id, p_now); end if;
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

  success := coalesce(find_place_2(d, times, false, '{}', p_now), find_guess_1(d, times), find_place_2(d, times, true, '{}', p_now), find_weaker_tie_1(d));
  if success is not null then
    verdict := case when exists (select from deposits where id = success and receipt is null) then 'fills' else 'displaces' end;
    if verdict = 'displaces' then success := free_receipt_2(success, p_now); end if;
    perform name_deposit_2(success, d, null, p_now);
    perform clear_doubt_2((select n.attempt_id from deposits n where n.id = success), p_now);
    update deposits set merged_into = success where id = gone;
    return;
  end if;
  verdict := 'arrives';
  if d.moved_at is null then
    d.moved_at := value_date_1(p_receipt, p_now);
    if p_source <> 'status' then perform open_task_1('receipt_day_differs', d.id::text, p_now); end if;
  end if;
  doubt := find_held_place_2(d, times, p_now);
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
    perform count_deposit_2(d.id, p_now);
    "depositId" := d.id;
  end if;
end $$;
--> statement-breakpoint
-- Settles the proofs of many receipts, one after the other, in the order in which all who do this lock. Each row of `p_receipts` has the names of settle_receipt_2's
-- parameters. What was proved before is passed over.
create or replace function settle_receipts_2(p_source text, p_receipts jsonb, p_now timestamptz) returns table ("depositId" uuid, receipt text, verdict text) language plpgsql as $$
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
    select * into settled from settle_receipt_2(p_source, r.receipt, r.amount, r.reference, r.standing, r.typed, r.payer_name, r.payer_phone, r.payer_hash, r.payer_tail,
      r.shortcode, r.prompts, r.times, true, p_now);
    perform recall_reversed_2(r.receipt, p_now);
    "depositId" := settled."depositId"; receipt := r.receipt; verdict := settled.verdict;
    return next;
  end loop;
  -- what was reported otherwise of a receipt was wrong, and the books have what the list has
  if p_source in ('pull', 'statement') and exists (select from reviews task where task.kind in ('evidence_amount_differs', 'evidence_own_payout') and task.closed_at is null) then
    perform close_earlier_tasks_1(array['evidence_amount_differs', 'evidence_own_payout'], array(
      select d.receipt from jsonb_to_recordset(p_receipts) as t(receipt text, amount bigint) join deposits d on d.receipt = t.receipt
      where d.amount_cents = t.amount and d.receipt_proved_at is not null and d.confirmed_at is not null), 'What is proved is booked.', p_now);
  end if;
end $$;
--> statement-breakpoint
-- Settles what a callback or a query says about an attempt: evidence, states, the movement and its booking, task and audit. Safe to repeat, in any order, from any
-- source: states only move up, a movement is booked once, and what disagrees with what was asked is quarantined.
create or replace function settle_stk_2(
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
    -- another source was faster, and what it said asks for other locks: they are taken in one order, so all of it is done again
    raise exception 'Another source has settled this prompt meanwhile.' using errcode = 'serialization_failure';
  end if;
  "paymentId" := payment.id;
  verdict := case when attempt.id is null then 'no_attempt'
    else judge_stk_2(attempt, p_source, p_says, p_final, p_amount, p_phone_hash, p_phone_tail, p_checkout_hash, p_receipt, p_now) end;
  if verdict = 'pays' and attempt.state = 'paid' and (p_receipt is null or attempt.receipt = p_receipt) then verdict := 'known'; end if;
  if verdict = 'pays' and attempt.state = 'paid' then verdict := 'names'; end if; -- nothing new but its receipt
  duplicate := not keep_evidence_1(p_attempt, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'names') then
    "depositId" := take_success_2(attempt, payment, named, p_receipt is not null, p_shortcode, p_moved_at, p_now);
    update attempts set state = 'paid', live = false, receipt = coalesce(receipt, p_receipt), result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unread_payer' then
    -- the prompt is asked about now; the receipt waits for that
    update attempts set told_receipt = p_receipt, query_due_at = case when state = 'paid' then query_due_at else p_now end where id = attempt.id;
    if attempt.state = 'paid' then perform take_success_2(attempt, payment, p_receipt, false, p_shortcode, p_moved_at, p_now); end if;

  elsif verdict = 'fails' then
    update attempts set state = 'failed', live = false, result_code = p_result_code, query_due_at = null,
      checkout_request_id = coalesce(checkout_request_id, p_checkout), checkout_hash = coalesce(checkout_hash, p_checkout_hash)
    where id = attempt.id;
    update payments p set state = 'failed', failure_code = p_result_code
    where p.id = payment.id and p.latest_attempt_id = attempt.id and p.state in ('pending', 'unknown', 'failed', 'expired');
    perform release_echoes_1(attempt.id, p_now);

  elsif verdict = 'unclear' then
    -- ask Safaricom now
    update attempts set query_due_at = p_now
    where id = attempt.id and p_source = 'callback' and state in ('requested', 'pending', 'unknown', 'expired');

  elsif verdict = 'known' then
    -- its first answer was perhaps lost before the money was allocated
    "depositId" := (select d.id from deposits d where d.attempt_id = p_attempt and d.allocation_due_at is not null and d.held_until is null);

  elsif not duplicate then
    -- a quarantine: what was read before, word for word, asks nobody again
    perform open_task_1('evidence_' || verdict, p_attempt::text, p_now);
    if p_receipt is not null then
      perform promise_1('ask-receipt:' || p_attempt || ':' || p_receipt, jsonb_build_object('kind', 'ask_receipt', 'receipt', p_receipt, 'attemptId', p_attempt), p_now);
    end if;
  end if;
  if verdict in ('pays', 'names', 'unread_payer') then perform recall_reversed_2(named, p_now); end if;
end $$;
--> statement-breakpoint
-- A line that two people have signed says that a receipt is a movement of the organisation's own money, and the books have it as a customer's: reported by a notice, proved by a
-- status answer or listed by a pull. It is taken off, proof and all; what was bought with it is locked, and a person takes it back. A success that has it by a guess has no
-- receipt any more. One that a callback has named is a prompt's: nothing is booked for the line. False then.
create or replace function take_off_own_money_2(p_receipt text, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
begin
  select * into d from deposits where receipt = p_receipt;
  perform lock_group_1(d.amount_cents);
  perform lock_receipt_1(p_receipt);
  perform from payments where id = d.payment_id for update;
  select * into d from deposits where receipt = p_receipt and merged_into is null and taken_back_at is null for update;
  if d.id is null then return true; end if;
  perform open_task_1('evidence_own_payout', p_receipt, p_now);
  if d.tied_by in ('reference', 'payer', 'time') then
    perform unname_deposit_1(d.id);
    perform match_left_over_2(a, d.shortcode, p_now) from attempts a where a.id = d.attempt_id;
    return true;
  elsif d.attempt_id is not null then
    return false;
  end if;
  if d.confirmed_at is not null then perform disprove_money_2(d, p_now); end if;
  update deposits set receipt_proved_at = null where id = d.id;
  perform merge_deposit_2(d.id, null, p_now);
  perform record_1('deposit_refuted', d.id, case when d.confirmed_at is null then 'told' else 'proved' end, 'refuted', p_now);
  return true;
end $$;
--> statement-breakpoint
-- Books the success of an attempt once. The receipt that a callback names wins: it claims the row that bears it, wherever that stands, and what the success had by a
-- guess becomes a movement of its own again. Returns the deposit that now waits to be allocated, if any.
create or replace function take_success_2(
  attempt attempts, payment payments, p_receipt text, p_proves_receipt boolean, p_shortcode text, p_moved_at timestamptz, p_now timestamptz
) returns uuid language plpgsql as $$
declare
  own deposits;    -- what this attempt's success is booked as
  holder deposits; -- what bears the receipt now
  receipt deposits;
  given deposits;  -- what signed statements show as reversed of that receipt
begin
  select * into own from deposits where attempt_id = attempt.id;
  select * into holder from deposits where deposits.receipt = p_receipt and id is distinct from own.id;
  given := holder;
  if holder.attempt_id is not null and holder.taken_back_at is not null then -- that prompt's own money was not given back
    perform free_receipt_2(holder.id, p_now);
    select * into holder from deposits where id = holder.id;
  end if;

  if holder.taken_back_at is not null then -- it was taken back, and came after all: a movement of its own
    perform merge_deposit_2(holder.id, own.id, p_now);
    holder := null;
  end if;

  if own.id is not null then
    if p_receipt is null or own.receipt = p_receipt and (own.tied_by = 'callback' or not p_proves_receipt) and (own.receipt_proved_at is not null or not p_proves_receipt) then return null; end if;
    if own.tied_by = 'callback' and own.receipt is not null and not p_proves_receipt then return null; end if;
    if own.receipt is distinct from p_receipt then
      if own.receipt is not null and holder.attempt_id is null and holder.id = payment.counted_deposit_id and holder.amount_cents = attempt.amount_cents
        and stands_in_2(holder) = 'spent' then
        perform gather_2(holder.id, p_shortcode, p_now);
        perform swap_names_2(own, holder, attempt, p_proves_receipt, p_moved_at, p_now);
        return (select id from deposits where id = own.id and allocated_at is null and merged_into is null);
      end if;
      -- the prompt that had it by a guess is nameless again, before what this one had by a guess may move there
      if holder.attempt_id is not null then perform unname_deposit_1(holder.id); end if;
      if own.receipt is not null then
        perform free_receipt_2(own.id, p_now);
        select * into own from deposits where attempt_id = attempt.id; -- it may have been taken back
      end if;
      if holder.attempt_id is null and holder.id is not null then
        if holder.receipt_proved_at is not null then p_proves_receipt := true; end if;
        perform merge_deposit_2(holder.id, own.id, p_now);
      end if;
    end if;
    update deposits set receipt = p_receipt, tied_by = 'callback',
      receipt_proved_at = coalesce(case when own.receipt = p_receipt then receipt_proved_at end, case when p_proves_receipt then p_now end),
      moved_at = coalesce(p_moved_at, moved_at), confirmation_due_at = case when not p_proves_receipt then p_now + interval '2 minutes' end
    where id = own.id;
    perform tell_moved_1(own.id, p_now);
    if given.reversed_elsewhere_at is not null then perform given_back_by_2(own.id, given, p_now); end if;
    if given.attempt_id is not null then perform take_reversal_along_2(given.id, own.id, p_now); end if;
    perform close_tasks_1(array['receipt_missing'], own.id::text, 'Its receipt is known.', p_now);
    if p_proves_receipt then perform clear_doubt_2(attempt.id, p_now); end if;
    if holder.attempt_id is not null then perform name_again_2(holder.id, p_now); end if;
    return null;
  end if;

  if holder.attempt_id is not null then
    perform unname_deposit_1(holder.id);
  elsif holder.id is not null and holder.amount_cents = attempt.amount_cents then
    perform gather_2(holder.id, p_shortcode, p_now); -- a notice may have lied about where it came
    if claim_deposit_2(holder, attempt, 'callback', p_now) then
      update deposits set receipt_proved_at = case when p_proves_receipt then coalesce(receipt_proved_at, p_now) else receipt_proved_at end,
        confirmation_due_at = case when p_proves_receipt or receipt_proved_at is not null then null else confirmation_due_at end where id = holder.id;
      perform count_deposit_2(holder.id, p_now);
      return (select id from deposits where id = holder.id and allocated_at is null);
    end if;
  end if;
  if p_receipt is null then
    -- a success without a name: a notice may have reported it
    for receipt in select * from find_receipts_1(attempt, p_shortcode) loop
      if claim_deposit_2(receipt, attempt, tie_of_1(receipt, attempt), p_now) then
        if receipt.receipt_proved_at is null or tie_of_1(receipt, attempt) = 'time' then perform doubt_receipt_2(attempt, receipt.id, p_shortcode, p_now); end if;
        perform count_deposit_2(receipt.id, p_now);
        return (select id from deposits where id = receipt.id and allocated_at is null);
      end if;
    end loop;
  end if;

  own.id := new_id_1(); own.source := 'stk'; own.attempt_id := attempt.id; own.payment_id := payment.id; own.amount_cents := attempt.amount_cents;
  own.shortcode := p_shortcode; own.moved_at := coalesce(p_moved_at, p_now); own.settled_at := p_now; own.confirmed_at := p_now; own.allocation_due_at := p_now;
  if holder.id is not null and holder.attempt_id is null then perform merge_deposit_2(holder.id, own.id, p_now); end if;
  if holder.amount_cents <> attempt.amount_cents then perform open_task_1('evidence_amount_differs', p_receipt, p_now); end if;
  if p_receipt is not null then
    own.receipt := p_receipt; own.tied_by := 'callback'; own.receipt_proved_at := case when p_proves_receipt then p_now end;
    own.confirmation_due_at := case when not p_proves_receipt then p_now + interval '2 minutes' end;
  end if;
  perform open_deposit_1(own, p_now);
  if p_receipt is null then
    perform match_left_over_2(attempt, p_shortcode, p_now);
    if exists (select from deposits d where d.id = own.id and d.receipt is null) then perform doubt_receipt_2(attempt, own.id, p_shortcode, p_now); end if;
  end if;
  perform count_deposit_2(own.id, p_now);
  if given.reversed_elsewhere_at is not null then perform given_back_by_2(own.id, given, p_now); end if;
  if given.attempt_id is not null then perform take_reversal_along_2(given.id, own.id, p_now); end if;
  if holder.attempt_id is not null then perform name_again_2(holder.id, p_now); end if;
  return (select id from deposits where id = own.id and allocated_at is null);
end $$;
--> statement-breakpoint
-- Whether money of a deposit is being refunded or paid on, or was: a payout of it was requested, and neither declined nor rejected.
create or replace function is_leaving_1(p_deposit uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from payouts o where o.subject_id = p_deposit and o.state not in ('declined', 'rejected'));
end $$;
--> statement-breakpoint
-- Whether a reversal of a deposit was requested, and neither declined nor rejected.
create or replace function is_reversing_1(p_deposit uuid) returns boolean language plpgsql stable as $$
begin
  return exists (select from payouts o where o.subject_id = p_deposit and o.kind = 'reversal' and o.state not in ('declined', 'rejected'));
end $$;
--> statement-breakpoint
-- What a deposit brought to the accounts of our short codes, what left them of it again (below zero), and when.
create or replace function own_moves_1(p_deposit uuid) returns table (booked_at timestamptz, cents bigint) language sql stable as $$
  select t.booked_at, case when t.debit_account like 'paybill\_%' then t.amount_cents else 0 end - case when t.credit_account like 'paybill\_%' then t.amount_cents else 0 end
  from transfers t where t.kind in ('mpesa_in', 'proved_after_all', 'merged', 'taken_back', 'reversed_elsewhere') and t.source_id = p_deposit::text
    or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = p_deposit)
$$;
--> statement-breakpoint
-- What was reversed of a deposit out of one of our accounts, in the portal or by a reversal of ours.
create or replace function left_from_1(p_deposit uuid, p_account text) returns bigint language sql stable as $$
  select coalesce(sum(case when t.credit_account = p_account then t.amount_cents else -t.amount_cents end), 0)::bigint from transfers t
  where p_account in (t.credit_account, t.debit_account) and (t.kind = 'reversed_elsewhere' and t.source_id = p_deposit::text
    or t.kind in ('payout_paid', 'payout_late') and t.source_id in (select w.id::text from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = p_deposit))
$$;
--> statement-breakpoint
-- Settles what a source says about a withdrawal: evidence, states, and the reserved money out of the float or back to where it came from. A time-out proves nothing: the state
-- is `unknown` until a result or the transaction's status decides. So it is where M-PESA says "already reversed" of the only request: of an earlier, unclear one it means that
-- that one was accepted. Money that left after all, once its reserve was released, is booked and becomes a person's task. What is reversed leaves the float of the short code
-- that received it, what is paid that of p_shortcode. Safe to repeat, in any order, from any source.
create or replace function settle_withdrawal_3(
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
  -- nobody proves, moves or locks meanwhile what is reversed
  perform lock_receipt_1(coalesce(o.receipt, d.receipt)) from withdrawals w join payouts o on o.id = w.payout_id join deposits d on d.id = case o.kind when 'reversal' then o.subject_id end
  where w.id = p_withdrawal;
  -- always payout, then withdrawal
  select * into payout from payouts where id = (select w.payout_id from withdrawals w where w.id = p_withdrawal) for update;
  select * into withdrawal from withdrawals where id = p_withdrawal for update;
  select * into reversed from deposits d where d.id = case when payout.kind = 'reversal' then payout.subject_id end;
  payee_agrees := case when payout.kind = 'reversal' then p_original_receipt = coalesce(payout.receipt, reversed.receipt) else payout.phone_hash = p_payee_hash end;
  verdict := case when withdrawal.id is null then 'no_withdrawal'
    else judge_withdrawal_1(withdrawal, is_own_result_1(withdrawal, p_says, p_amount, p_originator, p_conversation, payee_agrees), p_says, p_amount, p_receipt, p_two_receipts) end;
  if verdict in ('pays', 'late') and p_result_code = 'R000001' and not coalesce(withdrawal.asked_again, false) then
    -- this request reversed nothing: somebody else had, and nobody has said how much
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'already_reversed' else 'known' end;
  elsif verdict = 'rejects' and withdrawal.state = 'unknown' and withdrawal.result_code = 'R000001' then
    verdict := 'known'; -- true, and what was reversed before still is: a statement shows it (end_already_reversed_2)
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' and is_shown_reversed_1(reversed, p_receipt) then
    -- a signed statement has shown it, by whichever receipt, and it is booked as somebody's: the whole leaves once
    verdict := case when withdrawal.state in ('dispatched', 'unknown') then 'rejects' else 'known' end;
    p_result_code := 'R000001';
  end if;
  perform keep_evidence_1(p_withdrawal, p_source, p_body_hash, p_body, verdict, p_now);

  if verdict in ('pays', 'late') then
    -- a notice may have reported this receipt as if it had come
    select * into told from deposits where receipt = p_receipt;
    if told.id is not null then
      if told.attempt_id is not null then -- a prompt's own success had it by a guess: that money came, and is nameless again
        perform unname_deposit_1(told.id);
        perform name_again_2(told.id, p_now);
      else
        perform merge_deposit_2(told.id, null, p_now);
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
    perform reject_withdrawal_2(withdrawal, payout, p_result_code, 'It was rejected.', p_now);
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
  if verdict in ('pays', 'late', 'known') and payout.kind = 'reversal' then
    perform link_own_reversal_1(p_receipt, coalesce(payout.receipt, reversed.receipt), verdict <> 'known', p_now);
  end if;
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- its receipt may have got another place meanwhile
    if payout.source_account = 'refunds' then
      perform settle_moved_reversal_2(reversed.id, p.counted_deposit_id, payout.amount_cents, payout.source_account, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
    else
      perform settle_moved_reversal_2(reversed.id, null, payout.amount_cents, payout.source_account, p_now);
    end if;
  end if;
end $$;
--> statement-breakpoint
-- A receipt that Safaricom was asked to reverse gets another place: what was sent for it goes with it, so that it is not reversed a second time, and a person looks at both.
-- What is not sent yet, or was surely refused, stays, and is not sent any more (receipt-moved.ts). Call it under the locks of both deposits.
create or replace function take_reversal_along_2(p_from uuid, p_to uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
begin
  for o in
    select p.* from payouts p join deposits d on d.id = p_to
    where p.subject_id = p_from and p.kind = 'reversal' and p.receipt = d.receipt and p.state not in ('declined', 'rejected')
      and exists (select from withdrawals w where w.payout_id = p.id and w.state <> 'reserved')
    order by p.id
  loop
    update payouts set subject_id = p_to where id = o.id;
    perform open_task_1('reversal_of_another', o.id::text, p_now);
    if o.state = 'paid' then perform settle_moved_reversal_2(p_to, p_from, o.amount_cents, o.source_account, p_now); end if;
  end loop;
end $$;
--> statement-breakpoint
-- Ends a signed statement, once all its lines are settled: from now on it refutes what it should contain and does not, where it is of the account that customers pay into, whole by its
-- own figures, and joins the last signed one or says its opening balance itself. Tasks for what is left, and the end of those that asked for it. False while there is more to do.
create or replace function end_statement_2(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
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
  if misses_1(s.id) then perform open_task_1('statement_missing_there', s.id::text, p_now); end if;
  perform close_missing_1(p_now);
  perform open_line_tasks_1('statement_reversed', s.id,
    array(select coalesce(l.linked_receipt, l.receipt) from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and coalesce(l.verdict, '') not in ('taken_back', 'unlinked')
      order by l.n), p_now);
  perform tell_unlinked_2(s.id, p_now);
  perform open_line_tasks_1('statement_money_out', s.id,
    array(select l.receipt from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'out' order by l.n), p_now);
  perform close_unread_1(p.shortcode, '{}', null, p_now) from pulls p where p.unread <> '{}' or p.unread_from is not null order by p.shortcode;
  perform close_tasks_1(array['statement_line_failed'], r.subject, 'A signed statement has settled it.', p_now) from reviews r
  where r.kind = 'statement_line_failed' and r.closed_at is null and exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject)
    and not exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject and l.verdict = 'failed');
  perform close_tasks_1(array['statement_due'], r.subject, 'Imported and signed off.', p_now) from reviews r
  where r.kind = 'statement_due' and r.closed_at is null and split_part(r.subject, ':', 1) = s.shortcode
    and is_answered_1(s.shortcode, split_part(split_part(r.subject, ':', 2), '/', 1)::date, split_part(r.subject, '/', 2)::date);
  return true;
end $$;
--> statement-breakpoint
-- It is now known which payment a reversal undid whose lines did not say it: by a line of another signed statement, by Safaricom's answer to a reversal of ours, or by two
-- people. Its lines say so from now on, and what was booked while nobody knew is booked for that payment. What statements and answers say goes before what people have said.
create or replace function link_reversal_2(p_reversal text, p_receipt text, p_now timestamptz) returns void language plpgsql as $$
declare
  mistaken text[];
begin
  perform lock_receipt_1(p_reversal);
  perform lock_receipt_1(p_receipt);
  mistaken := array(select distinct x.linked_receipt from statement_lines x
    where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt <> p_receipt order by 1);
  update statement_lines x set linked_receipt = p_receipt,
    verdict = case when x.finding = 'reversed' and x.verdict is not null then 'unknown' else x.verdict end,
    movement_id = case when x.finding = 'reversed' then null else x.movement_id end
  where x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is distinct from p_receipt;
  if not found then return; end if;
  perform book_unlinked_2(p_reversal, p_now);
  perform not_given_back_2(o.id, p_now) from deposits o where o.receipt = any(mistaken);

  perform from payments where id = (select o.payment_id from deposits o where o.receipt = p_receipt) for update;
  perform recall_reversed_2(p_receipt, p_now);
  if p_reversal <> p_receipt then perform close_tasks_1(array['statement_reversed'], p_reversal, 'It is known which payment it reversed: ' || p_receipt || '.', p_now); end if;
  perform close_tasks_1(array['statement_reversed'], x.statement_id::text, 'It is known which payments were reversed.', p_now)
  from (select distinct o.statement_id from statement_lines o where o.receipt = p_reversal) x
  where (select count(*) <= 20 and count(*) filter (where y.verdict = 'unlinked') = 0 from statement_lines y where y.statement_id = x.statement_id and y.finding = 'reversed');
end $$;
--> statement-breakpoint
-- Safaricom's answer says by which reversal of ours a payment was undone: people have said wrongly that it was this one. It is unknown again what this one undid, and two
-- people may say it again. What was taken back for it meanwhile is a person's, who is notified of both.
create or replace function unsay_link_2(p_reversal text, p_payment text, p_now timestamptz) returns void language plpgsql as $$
declare
  words constant text := 'Safaricom''s answer to our own reversal of %s says that this one did not give that payment back, as two people had said.';
begin
  perform lock_receipt_1(p_reversal);
  if exists (select from deposits d where d.receipt = p_payment and d.taken_back_at is not null) then return; end if;
  perform reject_paid_out_1(p_reversal, p_now);
  update statement_lines x set linked_receipt = null, movement_id = null, finding = 'reversed', verdict = case when s.state in ('signed', 'done') then 'unlinked' end from statements s
  where s.id = x.statement_id and x.receipt = p_reversal and x.kind = 'reversal' and x.direction = 'out' and x.finding in ('reversed', 'agrees');
  perform book_unlinked_2(p_reversal, p_now);
  perform not_given_back_2(d.id, p_now) from deposits d where d.receipt = p_payment;
  perform open_worded_task_1('statement_reversed', p_reversal, concat_ws(' ', format(words, p_payment), (select r.words from reviews r
    where r.kind = 'statement_reversed' and r.subject = p_reversal and r.words is not null order by r.opened_at desc limit 1)), p_now);
end $$;
--> statement-breakpoint
-- A receipt was heard of, has another amount or short code, or is another movement's now: what signed statements show as reversed of it in the portal goes with it, whichever
-- was heard of first, unless it is a reversal of ours. Call it under the receipt's lock. taken_back: it had paid for nothing. locked: a person takes it back (take-back.sql).
-- Null where there is nothing.
create or replace function recall_reversed_2(p_receipt text, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  shown record;
  says text;
  own uuid; -- a reversal of ours without an end
  paid boolean; -- one that was paid
  was_unheard boolean; -- when its line was settled
begin
  -- a line without a link has a payment's own receipt only where that payment is proved
  if exists (select from statement_lines x where x.receipt = p_receipt and x.verdict = 'unlinked') then
    if not exists (select from deposits o where o.receipt = p_receipt and o.receipt_proved_at is not null) then return null; end if;
    perform link_reversal_2(p_receipt, p_receipt, p_now);
    return (select x.verdict from statement_lines x where x.receipt = p_receipt and x.linked_receipt = p_receipt and x.finding = 'reversed' limit 1);
  end if;
  if not exists (select from statement_lines x where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out') then return null; end if;
  select * into d from deposits o where o.receipt = p_receipt for update;
  own := unended_reversal_2(d.id);
  paid := exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = d.id and w.state = 'paid');
  if paid or own is not null then
    update statement_lines x set finding = case when paid then 'agrees' else 'unresolved' end, verdict = case when paid then 'ours' end, movement_id = case when paid then d.id else own end
    where coalesce(x.linked_receipt, x.receipt) = p_receipt and x.finding = 'reversed' and x.direction = 'out' and x.verdict in ('unknown', 'other_shortcode');
  end if;
  select * into shown from shown_reversed_1(p_receipt, known_shortcode_1(d));
  if d.id is null or shown.cents is null then return null; end if;
  says := mark_reversed_1(d, shown.first_at, shown.cents, shown.reversal, p_now);
  with told as (
    update statement_lines x set movement_id = d.id, verdict = says
    from statement_lines y join statements s on s.id = y.statement_id
    where x.statement_id = y.statement_id and x.n = y.n and coalesce(y.linked_receipt, y.receipt) = p_receipt and y.finding = 'reversed' and y.direction = 'out'
      and s.shortcode = coalesce(known_shortcode_1(d), s.shortcode) and y.verdict is not null and (y.verdict, y.movement_id) is distinct from (says, d.id)
    returning y.verdict
  ) select bool_or(verdict in ('unknown', 'other_shortcode')) into was_unheard from told;
  if was_unheard and says = 'locked' then perform open_task_1('statement_reversed', p_receipt, p_now); end if;
  return says;
end $$;
--> statement-breakpoint
-- Settles the next lines of a statement that a second person has signed: customers' payments are proved or booked (settle-receipt.sql has the rule), a payout learns its
-- receipt, the organisation's own money is booked. Yields the deposits that can be allocated. Safe to repeat, at the same time as itself and as other statements.
create or replace function settle_lines_2(p_statement uuid, p_limit int, p_now timestamptz) returns table ("depositId" uuid) language plpgsql as $$
declare
  s statements;
  l statement_lines;
  r record;
  upto int;
  says text;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found then return; end if;
  upto := least(s.done + p_limit, s.line_count);
  for r in
    select * from settle_receipts_2('statement', (
      select coalesce(jsonb_agg(proof_of_line_1(s, x)), '[]')
      from statement_lines x
      where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation')), p_now)
  loop
    update statement_lines x set verdict = r.verdict
    where x.statement_id = s.id and x.receipt = r.receipt and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
    "depositId" := r."depositId";
    if "depositId" is not null then return next; end if;
  end loop;

  if s.done = 0 then
    begin
      perform take_off_own_lines_2(s, s.line_count, p_now);
    exception when others then -- a line that raises does so again in its own turn
      if sqlstate ~ '^(40|53|55|57)' then raise; end if;
    end;
  else
    perform take_off_own_lines_2(s, upto, p_now);
  end if;
  perform lock_receipt_1(x.receipt) from (select y.receipt from statement_lines y
    where y.statement_id = s.id and y.n > s.done and y.n <= upto and y.finding in ('sweep', 'top_up') order by y.receipt) x;
  perform take_off_own_lines_2(s, upto, p_now); -- what was reported meanwhile

  -- a line is booked by one statement; the locks of all short codes that it is about, in one order
  perform pg_advisory_xact_lock(hashtextextended('float:' || c.code, 0)) from (
    select s.shortcode as code union select x.own_party from statement_lines x where x.statement_id = s.id and x.n > s.done and (x.n <= upto or s.done = 0) and x.own_party is not null order by 1) c;
  if s.done = 0 then
    begin
      perform take_exact_entries_2(s, p_now);
    exception when others then -- the line that raised raises again in its turn below, and is passed over with a task
      if sqlstate ~ '^(40|53|55|57)' then raise; end if;
    end;
  end if;
  for l in
    select x.* from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto
      and (x.finding in ('charge', 'sweep', 'top_up', 'unresolved') or x.finding = 'names' and x.direction = 'out') order by x.n
  loop
    if l.finding = 'unresolved' then -- its end is asked for again at once
      perform ask_end_1(l.movement_id, p_now);
      continue;
    end if;
    if l.finding = 'names' then
      perform lock_receipt_1(l.receipt);
      says := case when name_withdrawal_1(l.movement_id, l.receipt) then 'names' else 'known' end;
      update statement_lines x set verdict = says where x.statement_id = s.id and x.n = l.n;
    else
      says := book_line_2(s, l, p_now);
      update statement_lines x set verdict = case says when 'known' then coalesce(l.verdict, says) else says end where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;
  -- a signed line shows that a receipt is our own money, as the books have it
  if exists (select from reviews task where task.kind = 'evidence_own_payout' and task.closed_at is null) then
    perform close_earlier_tasks_1(array['evidence_own_payout'], array(
      select x.receipt from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto
        and (x.finding in ('sweep', 'top_up') or exists (select from withdrawals w where w.receipt = x.receipt and w.state = 'paid' and left_under_2(w) = x.amount_cents and x.direction = 'out'))
        and not exists (select from deposits d where d.receipt = x.receipt and d.merged_into is null and d.taken_back_at is null)), 'A signed statement shows it as our own money.', p_now);
  end if;
  update statements set done = upto where id = s.id;
end $$;
--> statement-breakpoint
-- Settles the next line of a signed statement that shows a customer's payment as reversed in the portal: false when there is none left. The payment is proved and locked: it
-- cannot leave a second time. taken_back, locked: as recall_reversed_2. ours: we had requested it. unknown: nobody has reported the payment. other_shortcode: it came to
-- another one. Both are looked at again when it is heard of. unlinked: nobody has said which payment it was, and what left is booked all the same.
create or replace function settle_reversed_2(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
  l statement_lines;
  paid statement_lines;
  d deposits;
  r record;
  given_back text;
begin
  select * into s from statements where id = p_statement and state in ('signed', 'done') for update;
  if not found then return false; end if;
  select * into l from statement_lines x where x.statement_id = s.id and x.finding = 'reversed' and x.direction = 'out' and x.verdict is null order by x.n limit 1;
  if not found then -- what agrees without it says of another statement's line which payment it was
    select * into l from statement_lines x where x.statement_id = s.id and x.kind = 'reversal' and x.direction = 'out' and x.linked_receipt is not null
      and exists (select from statement_lines y where y.receipt = x.receipt and y.verdict = 'unlinked') limit 1;
    if found then perform link_reversal_2(l.receipt, l.linked_receipt, p_now); end if;
    return found;
  end if;
  l.linked_receipt := coalesce(l.linked_receipt, known_link_2(l.receipt));
  given_back := coalesce(l.linked_receipt, l.receipt);

  -- the payment first, if this statement has it: nobody may allocate it in between
  select * into paid from statement_lines x
  where x.receipt = given_back and x.statement_id = s.id and x.direction = 'in' and x.ordinal = 1 and x.kind in ('payment', 'organisation');
  perform lock_group_1(coalesce(paid.amount_cents, (select o.amount_cents from deposits o where o.receipt = given_back), l.amount_cents));
  perform lock_receipt_1(l.receipt);
  if paid.n is not null then
    select * into r from settle_receipts_2('statement', jsonb_build_array(proof_of_line_1(s, paid)), p_now);
    if r.verdict is not null then update statement_lines x set verdict = r.verdict where x.statement_id = s.id and x.n = paid.n; end if;
  elsif l.linked_receipt is not null and exists (select from deposits o where o.receipt = given_back and o.confirmed_at is null and (o.shortcode = s.shortcode or o.receipt_proved_at is null) and o.taken_back_at is null) then
    -- what is reversed whole has come, and came here
    perform settle_receipts_2('status', jsonb_agg(jsonb_build_object('receipt', o.receipt, 'amount', o.amount_cents, 'shortcode', s.shortcode, 'prompts', o.may_echo,
      'times', jsonb_build_array(o.moved_at))), p_now) from deposits o where o.receipt = given_back and o.amount_cents = l.amount_cents;
  end if;
  perform lock_receipt_1(given_back);
  perform from payments where id = (select o.payment_id from deposits o where o.receipt = given_back) for update;
  select * into d from deposits o where o.receipt = given_back for update;

  if l.linked_receipt is null and d.receipt_proved_at is null then
    return settle_unlinked_2(s, l, p_now);
  end if;
  perform link_reversal_2(l.receipt, given_back, p_now);
  if unended_reversal_2(d.id) is not null and coalesce(known_shortcode_1(d) = s.shortcode, true) then
    perform ask_end_1(unended_reversal_2(d.id), p_now);
    update statement_lines x set finding = 'unresolved', movement_id = unended_reversal_2(d.id) where x.statement_id = s.id and x.n = l.n;
    return true;
  end if;
  update statement_lines x set movement_id = d.id, verdict = case
      when d.id is null then 'unknown'
      when known_shortcode_1(d) <> s.shortcode then 'other_shortcode'
      when exists (select from payouts o join withdrawals w on w.payout_id = o.id where o.kind = 'reversal' and o.subject_id = d.id and w.state = 'paid') then 'ours'
      else 'locked' end
  where x.statement_id = s.id and x.n = l.n returning * into l;
  if l.verdict = 'ours' then update statement_lines x set finding = 'agrees' where x.statement_id = s.id and x.n = l.n; end if;
  if l.verdict = 'locked' then perform recall_reversed_2(given_back, p_now); end if;
  return true;
end $$;
--> statement-breakpoint
-- Settles a line that shows a payment as reversed and does not say which: it may be a reversal of ours that has no result yet, whose status is then asked.
create or replace function settle_unlinked_2(s statements, l statement_lines, p_now timestamptz) returns boolean language plpgsql as $$
declare
  own uuid := unended_like_2(l, s.shortcode);
begin
  perform ask_end_1(own, p_now);
  update statement_lines x set finding = case when own is null then 'reversed' else 'unresolved' end, movement_id = own, verdict = case when own is null then 'unlinked' end
  where x.statement_id = s.id and x.n = l.n;
  perform book_unlinked_2(l.receipt, p_now);
  return true;
end $$;
--> statement-breakpoint
-- Ends the lines that may be payouts of ours, when Safaricom has said how those ended: one that was not paid, or by another receipt, did not take this money. While it says nothing
-- there is a task.
create or replace function settle_unresolved_2(p_now timestamptz) returns int language plpgsql as $$
declare
  l record;
  ended int := 0;
begin
  for l in
    select x.statement_id, x.n, x.receipt, x.linked_receipt, x.kind, x.movement_id, s.decided_at from statement_lines x join statements s on s.id = x.statement_id
    where x.finding = 'unresolved' and x.verdict is null and s.state in ('signed', 'done') order by x.statement_id, x.n limit 500
  loop
    if exists (select from withdrawals w where w.id = l.movement_id and w.state in ('reserved', 'dispatched', 'unknown') and w.result_code is distinct from 'R000001') then
      if l.decided_at < p_now - interval '15 minutes' and not exists (select from reviews r where r.kind = 'payout_on_statement' and r.subject = l.movement_id::text) then
        perform open_task_1('payout_on_statement', l.movement_id::text, p_now);
      end if;
      continue;
    end if;
    perform close_tasks_1(array['payout_on_statement'], l.movement_id::text, 'Safaricom has said how it ended.', p_now);
    ended := ended + 1;
    if exists (select from withdrawals w where w.id = l.movement_id and w.state = 'paid'
      and case l.kind when 'reversal' then l.linked_receipt is not null or w.receipt = l.receipt else coalesce(w.receipt, l.receipt) = l.receipt end) then
      perform lock_receipt_1(l.receipt);
      if l.kind <> 'reversal' then perform name_withdrawal_1(l.movement_id, l.receipt); end if;
      update statement_lines x set verdict = 'agrees' where x.statement_id = l.statement_id and x.n = l.n;
    elsif l.kind = 'reversal' then
      update statement_lines x set finding = 'reversed', movement_id = null where x.statement_id = l.statement_id and x.n = l.n;
      perform settle_reversed_2(l.statement_id, p_now);
      perform open_line_tasks_1('statement_reversed', l.statement_id,
        array(select coalesce(x.linked_receipt, x.receipt) from statement_lines x where x.statement_id = l.statement_id and x.n = l.n and x.finding = 'reversed' and x.verdict not in ('taken_back', 'unlinked')), p_now);
      perform tell_unlinked_2(l.statement_id, p_now);
    else
      update statement_lines x set verdict = 'money_out' where x.statement_id = l.statement_id and x.n = l.n;
      perform open_line_tasks_1('statement_money_out', l.statement_id, array[l.receipt], p_now);
    end if;
  end loop;
  return ended;
end $$;
--> statement-breakpoint
-- What was bought with a deposit stays bought where other money for the same came: that counts from now on, and this one waits in the customer's credit. Call it under the
-- locks of the deposit and its payments.
create or replace function spare_bought_2(p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  payment payments;
  other deposits;
begin
  select * into d from deposits where id = p_deposit and allocated_at is not null;
  for payment in select * from payments p where p.id = any(d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null))
    and p.counted_deposit_id = d.id and p.state = 'paid' and p.purpose in ('order', 'donation', 'booking_fee') order by p.id for update
  loop
    for other in select * from deposits o where o.payment_id = payment.id and o.id <> d.id and o.refuted_at is null and o.merged_into is null and o.reversed_elsewhere_at is null
      and o.amount_cents >= payment.amount_cents order by o.confirmed_at, o.settled_at, o.id for update
    loop
      if stands_in_2(other) = 'customer_credit' then
        perform swap_counted_1(payment, d, other, p_now);
        exit;
      end if;
    end loop;
  end loop;
end $$;
--> statement-breakpoint
-- Takes money that is not there back off the books: what was refuted, and what a signed statement shows as reversed whole in the portal, wherever it stands: suspense, the
-- customer's credit, a sale with its VAT, a booking's escrow, savings. What was released or spent meanwhile becomes a receivable with a task: no balance goes below zero
-- silently. Repayments of loans are reversed before (take-back-deposit.ts), into suspense. The payment is `reversed` and never open again; its invoice gets a credit note.
-- Returns false when the deposit is neither, or was taken back before.
create or replace function take_back_2(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
  from_account text; -- what it is not in: told money; for what was reversed, whoever owes it (book-reversed.sql)
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
    and (refuted_at is not null and confirmed_at is null or reversed_elsewhere_cents = amount_cents and confirmed_at is not null and parts_given_back_2(id) = 0) for update;
  if not found then return false; end if;
  given_back := d.confirmed_at is not null;
  if given_back then perform book_reversed_2(d.id, p_now); end if;
  from_account := case when given_back then 'receivables' when d.shortcode is null then 'paybill_float' else own_account_1('paybill_told', d.shortcode) end;
  left_cents := d.amount_cents;
  paid := d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null);

  perform spare_bought_2(d.id, p_now);

  -- where this deposit's money stands: by its own transfers, those of what it was matched to and taken back from and of the hold of its booking; of what it counts for the sale,
  -- whichever deposit was sold first, less what was credited of it. What it had repaid of loans is all in suspense (`unmatch`), whatever corrections had moved of it meanwhile
  sources := array(select d.id::text union all select m.id::text from matches m where m.deposit_id = d.id union all select u.id::text from unmatches u where u.deposit_id = d.id
    union all select p.id::text from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose = 'booking_fee');
  perform call_back_payouts_2(sources::uuid[], d.id, p_now);
  for place in
    with moved as (
      select t.credit_account as account, t.amount_cents from transfers t where t.source_id = any(sources) and t.kind not in ('sale', 'repayment', 'repayment_corrected')
      union all select t.debit_account, -t.amount_cents from transfers t where t.source_id = any(sources) and t.kind not in ('sale', 'repayment', 'repayment_corrected', 'unmatch')
      union all select l.account, l.cents from payments p, sold_for_1(p) l where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
      union all select t.debit_account, -t.amount_cents from payments p join payouts o on o.payment_id = p.id join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
      union all select t.debit_account, -t.amount_cents from payouts o join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where o.subject_id = d.id and o.payment_id is null -- refunds of a counter sale
    )
    select account, sum(amount_cents)::bigint as cents from moved
    where account <> 'clearing' and account not like 'paybill_%' group by account having sum(amount_cents) > 0 order by account
  loop
    exit when left_cents = 0;
    perform from accounts where id = place.account for no key update;
    holds := case when place.account like 'savings:%' or place.account in ('booking_escrow', 'booking_payable', 'customer_credit', 'suspense') then greatest(0, -held_1(place.account))
      else place.cents end;
    -- what was reversed of it, or paid on, is not there any more
    holds := least(holds, place.cents - (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject_id = any(sources::uuid[]) and o.source_account = place.account and o.state not in ('declined', 'rejected')), left_cents);
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
-- Books money to a member's savings: clearing to their account, and promises to notify them. `p_source` is the deposit, or the match that took it out of suspense. Books
-- nothing when it was booked before.
create or replace function deposit_savings_2(p_account uuid, p_source uuid, p_amount bigint, p_now timestamptz) returns void language plpgsql as $$
declare
  member uuid := (select member_id from member_accounts where id = p_account);
begin
  if member is null then raise exception 'A deposit was paid into an account that does not exist.'; end if;
  if exists (select from transfers where kind = 'savings_deposit' and source_id = p_source::text) then return; end if;
  perform book_1('savings_deposit', p_source, 1, 'clearing', 'savings:' || p_account, p_amount, p_now);
  perform promise_notice_2('savings_deposited', p_source, null, member, false, p_now);
end $$;
--> statement-breakpoint
-- Makes a booking and the payment of its fee, by the price list. A visitor's booking is counted (`p_network`), the organisation's own is not. Whatever refuses undoes
-- everything.
create or replace function create_booking_2(
  p_sku text, p_payment jsonb, p_references text[], p_booking jsonb, p_network text, p_limits jsonb, p_actor text, p_request_id text,
  p_scope text, p_key text, p_fingerprint text, p_now timestamptz
) returns void language plpgsql as $$
declare
  payment payments := jsonb_populate_record(null::payments, p_payment);
  booking bookings := jsonb_populate_record(null::bookings, p_booking);
  item items;
begin
  perform claim_key_2(p_scope, p_key, p_fingerprint, payment.id, payment.id, p_now);
  select * into item from items i where i.sku = p_sku and i.active;
  if item.kind is distinct from 'booking_fee' then perform refuse('unknown_item', jsonb_build_object('skus', array[p_sku], 'kind', item.kind)); end if;
  payment.owed_cents := item.price_cents; payment.created_at := p_now;
  payment.lines := jsonb_build_array(jsonb_build_object('sku', item.sku, 'name', item.name, 'kind', item.kind, 'quantity', 1, 'unitCents', item.price_cents::text,
    'grossCents', item.price_cents::text, 'vatClass', item.vat_class));
  payment := write_payment_2(payment, p_references, null, p_limits);

  insert into bookings (id, state, provider_phone, provider_phone_hash, expires_at, auto_to, auto_keep_cents, auto_after_hours)
  values (payment.id, 'created', booking.provider_phone, booking.provider_phone_hash, booking.expires_at, booking.auto_to, booking.auto_keep_cents, booking.auto_after_hours);
  perform record_by_1(p_actor, 'booking_created', payment.id::text, null, jsonb_build_object('amountCents', payment.amount_cents::text, 'autoTo', booking.auto_to), p_request_id, p_now);
  if p_network is not null then perform count_booking_2(payment.phone_hash, p_network, p_limits, p_now); end if;
end $$;
--> statement-breakpoint
-- A part of a held fee was reversed in the portal. What is left stays held, and a person decides about it, whatever was to happen by itself; where nothing is left the booking
-- ends, as one whose fee was taken back whole. Call it under the lock of its payment.
create or replace function less_held_2(p_booking uuid, p_actor text, p_now timestamptz) returns void language plpgsql as $$
declare
  booking bookings;
  held bigint;
begin
  select * into booking from bookings where id = p_booking and state in ('held', 'disputed') for update;
  if not found then return; end if;
  held := held_of_booking_2(p_booking);
  perform record_by_1(p_actor, 'booking_fee_given_back', p_booking::text, to_jsonb(booking.state), jsonb_build_object('heldCents', held::text), null, p_now);
  if held > 0 then
    if booking.auto_resolve_at is null then return; end if;
    update bookings set auto_resolve_at = null where id = p_booking;
    perform open_worded_task_1('booking_undecided', p_booking::text,
      'Part of its fee was reversed in the portal, so nothing happens to the rest automatically any more: decide who gets it (POST /api/bookings/' || p_booking || '/resolve).', p_now);
    return;
  end if;
  perform reverse_payment_1(p.id, 'reversed_elsewhere', p_now) from payments p where p.id = p_booking and p.state = 'paid' for update;
  update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = p_booking;
  perform record_1('booking_expired', p_booking, booking.state, 'expired', p_now);
end $$;
--> statement-breakpoint
drop trigger payments_rare_status on payments;
--> statement-breakpoint
create trigger payments_state before insert or update on payments for each row when (new.state is distinct from new.status or new.rare_state is distinct from new.rare_status) execute function keep_payment_state_1();
--> statement-breakpoint
create trigger payouts_subject before insert or update on payouts for each row when (new.subject is distinct from new.subject_id::text) execute function keep_payout_subject_1();
