-- Settles what a C2B notice says. It only tells: the address is one for all, so whoever knows it can say anything. Each receipt is booked once, as told money. A notice
-- that may be the echo of a prompt is booked too, and not allocated until the prompt's callback has named its receipt or the prompt has ended.
-- arrives: new told money. ties: the receipt of a success that a query told. known: told or proved before. Others are quarantined: kept, and nothing is booked.
create or replace function settle_c2b_1(
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
  elsif exists (select from withdrawals w where w.receipt = p_receipt) then
    verdict := 'own_payout'; -- money that we sent, told as if it had come
  else
    nameless := case when d.may_echo then find_place_1(d, array[p_moved_at], false, '{}', p_now) else find_nameless_1(d, array[p_moved_at]) end;
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
end $$;
--> statement-breakpoint
-- What no credit note has taken back of an invoice: all of it as it was sold, or one line a class. Null where there is no invoice.
create or replace function rest_of_invoice_1(invoice invoices, p_language text) returns invoices language plpgsql stable as $$
declare
  rest invoices := invoice;
begin
  if not exists (select from invoices n where n.credits_id = invoice.id) then return rest; end if;
  select invoice.total_cents - sum(n.total_cents), invoice.rounding_cents - sum(n.rounding_cents) into rest.total_cents, rest.rounding_cents
  from invoices n where n.credits_id = invoice.id;
  select jsonb_agg(jsonb_build_object('vatClass', class, 'basisPoints', basis_points, 'netCents', net::text, 'vatCents', vat::text) order by class) filter (where net + vat > 0)
  into rest.vat
  from (
    select v ->> 'vatClass' as class, max((v ->> 'basisPoints')::int) as basis_points, sum(sign * (v ->> 'netCents')::bigint) as net, sum(sign * (v ->> 'vatCents')::bigint) as vat
    from (select 1 as sign, invoice.vat as rows union all select -1, n.vat from invoices n where n.credits_id = invoice.id) i, jsonb_array_elements(i.rows) v group by 1
  ) left_over;
  select jsonb_agg(jsonb_build_object('sku', 'refund', 'name', case p_language when 'sw' then 'Pesa zilizorudishwa' else 'Given back' end, 'quantity', 1,
    'unitCents', cents::text, 'grossCents', cents::text, 'vatClass', v ->> 'vatClass')) into rest.lines
  from jsonb_array_elements(rest.vat) v, lateral (select (v ->> 'netCents')::bigint + (v ->> 'vatCents')::bigint as cents) gross;
  return rest;
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
  other deposits;
  invoice invoices;
  rest invoices; -- what no credit note has taken back of it
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
  paid := d.payment_id || array(select m.payment_id from matches m where m.deposit_id = d.id and m.payment_id is not null);

  -- what was bought with it stays bought where other money for the same came: it waits in the customer's credit
  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.status = 'paid' and p.purpose in ('order', 'donation', 'booking_fee') and d.allocated_at is not null
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

  -- where this deposit's money stands: by its own transfers, those of what it was matched to and taken back from and of the hold of its booking; of what it counts for the sale,
  -- whichever deposit was sold first, less what was credited of it
  sources := array(select d.id::text union all select m.id::text from matches m where m.deposit_id = d.id union all select u.id::text from unmatches u where u.deposit_id = d.id
    union all select p.id::text from payments p where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose = 'booking_fee');
  for place in
    with moved as (
      select t.credit_account as account, t.amount_cents from transfers t where t.source_id = any(sources) and t.kind <> 'sale'
      union all select t.debit_account, -t.amount_cents from transfers t where t.source_id = any(sources) and t.kind <> 'sale'
      union all select l.account, l.cents from payments p, sale_legs_1(p, p.settled_at) l where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
        and exists (select from invoices i where i.payment_id = p.id and i.kind <> 'credit_note')
      union all select t.debit_account, -t.amount_cents from payments p join payouts o on o.payment_id = p.id join transfers t on t.kind = 'credit_note' and t.source_id = o.id::text
        where p.id = any(paid) and p.counted_deposit_id = d.id and p.purpose in ('order', 'donation')
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
    end if;
  end loop;
  if left_cents > 0 then
    if not given_back then perform book_1('taken_back', d.id, leg + 1, 'receivables', from_account, left_cents, p_now); end if;
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.id = any(paid) and p.counted_deposit_id = d.id for update loop
    update payments set status = 'reversed', failure_code = case when given_back then 'reversed_elsewhere' else 'refuted' end where id = payment.id;
    update bookings set state = 'expired', held_at = null, auto_resolve_at = null where id = payment.id and state in ('held', 'disputed');
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
ALTER TABLE "payouts" ADD COLUMN "deposit_id" uuid;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "payer_identified" boolean;--> statement-breakpoint
ALTER TABLE "payouts" ADD COLUMN "phone_tail" text;
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
-- A reversal was paid whose receipt is another movement than was thought: that movement has come and gone. What was taken for it out of a sale was the money of another
-- deposit, which stays and is the customer's; out of where money waits, it is put back there. What has been used meanwhile is not there any more: whoever has it owes it, with a task.
create or replace function settle_moved_reversal_1(p_payout uuid, p_of uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  o payouts;
  d deposits; -- what was reversed
  place text;
  there bigint;
begin
  select * into o from payouts where id = p_payout;
  select * into d from deposits where id = o.subject::uuid for update;
  if d.attempt_id is not null or d.merged_into is not null or d.taken_back_at is not null or d.amount_cents <> o.amount_cents then return; end if;
  if d.confirmed_at is null then -- what Safaricom has reversed has come
    update deposits set receipt_proved_at = coalesce(receipt_proved_at, p_now), confirmation_due_at = null where id = d.id;
    perform prove_money_1(d.id, p_now);
  end if;
  place := case when d.allocated_at is null then 'clearing' else parked_in_1(d) end;
  if place = o.source_account or o.source_account not in ('refunds', 'customer_credit', 'suspense') then return; end if;
  if place is null and (o.source_account <> 'refunds' or p_of is null) then return; end if;
  there := case
    when place is null then 0
    when place = 'suspense' then greatest(0, d.amount_cents + (select coalesce(sum(u.amount_cents), 0) from unmatches u where u.deposit_id = d.id)
      - (select coalesce(sum(m.amount_cents), 0) from matches m where m.deposit_id = d.id))
    else d.amount_cents end;
  if place <> 'clearing' and there > 0 then perform book_1('claimed', d.id, next_leg_1('claimed', d.id), place, 'clearing', there, p_now); end if;
  if there < d.amount_cents then
    perform book_1('claimed', d.id, next_leg_1('claimed', d.id), 'receivables', 'clearing', d.amount_cents - there, p_now);
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;
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
  if verdict in ('pays', 'late') and payout.kind = 'reversal' then -- its receipt may have got another place meanwhile
    if payout.source_account = 'refunds' then
      perform settle_moved_reversal_1(payout.id, p.counted_deposit_id, p_now) from payments p where p.id = payout.payment_id and p.counted_deposit_id is distinct from reversed.id;
    else
      perform settle_moved_reversal_1(payout.id, null, p_now);
    end if;
  end if;
end $$;
