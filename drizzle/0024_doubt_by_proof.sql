
-- The day in Nairobi that M-PESA writes into the first three characters of a receipt; nothing for a text of another form. src/daraja/receipt-day.ts has the same rule.
create or replace function receipt_day_1(p_receipt text) returns date language sql immutable as $$
  select d.on_day from (
    select make_date(2006 + ascii(r) - 65, ascii(substr(r, 2)) - 64, 1) + strpos('123456789ABCDEFGHIJKLMNOPQRSTUV', substr(r, 3, 1)) - 1 as on_day, ascii(substr(r, 2)) - 64 as month
    from (select upper(trim(p_receipt)) as r) t where r ~ '^[A-Z][A-L][1-9A-V][A-Z0-9]{7}$'
  ) d where extract(month from d.on_day) = d.month -- there is no 31 February
$$;
--> statement-breakpoint
-- The readings of a proof's time that can be: none that has not come, and none whose day is further than one from the day in the receipt.
create or replace function readings_1(p_receipt text, p_times timestamptz[], p_now timestamptz) returns timestamptz[] language sql immutable as $$
  select coalesce(array_agg(least(t, p_now) order by n), '{}') from unnest(p_times) with ordinality as u(t, n)
  where t <= p_now + interval '10 minutes' and coalesce(abs((t at time zone 'Africa/Nairobi')::date - receipt_day_1(p_receipt)) <= 1, true)
$$;
--> statement-breakpoint
-- The value date of money whose time nobody has said so that it can be: the day in its receipt, else when we heard.
create or replace function value_date_1(p_receipt text, p_now timestamptz) returns timestamptz language sql immutable return
  case when receipt_day_1(p_receipt) < (p_now at time zone 'Africa/Nairobi')::date
    then (receipt_day_1(p_receipt) + time '12:00') at time zone 'Africa/Nairobi' else p_now end;
--> statement-breakpoint
-- What a proof says of the payer outranks what a notice has said, unless that agrees with it.
create or replace function payer_by_proof_1(d deposits, p_name text, p_phone text, p_hash text, p_tail text) returns deposits language plpgsql immutable as $$
begin
  if p_hash is null and p_tail is null or d.payer_tail = p_tail and coalesce(d.payer_hash = p_hash, true) then return d; end if;
  d.payer_name := p_name;
  d.payer_phone := p_phone; d.payer_hash := p_hash; d.payer_tail := p_tail;
  return d;
end $$;
--> statement-breakpoint
-- Which receipt belongs to which prompt, as long as nobody who knows has said it. A success that a query told has no receipt (nameless), a notice has no prompt:
-- of n nameless successes and m receipts of one amount, short code and time the first n are tied, and only m - n are new money.

-- Whether this payer may be who was prompted: nobody else can pay a prompt.
create or replace function may_be_from_1(attempt attempts, p_payer_hash text, p_payer_tail text) returns boolean language sql immutable return
  coalesce(attempt.phone_hash = p_payer_hash, true) and coalesce(attempt.phone_tail = p_payer_tail, true);
--> statement-breakpoint
-- Whether money with this receipt may have been asked for by this prompt. Where no time is known the day in the receipt is compared, where that has none nothing but the payer.
create or replace function may_fit_1(attempt attempts, p_times timestamptz[], p_receipt text, p_payer_hash text, p_payer_tail text) returns boolean language sql immutable return
  case when cardinality(p_times) > 0 then fits_1(attempt, p_times, p_payer_hash, p_payer_tail)
    else coalesce(receipt_day_1(p_receipt) between ((attempt.created_at - interval '60 seconds') at time zone 'Africa/Nairobi')::date
        and (echo_until_1(attempt) at time zone 'Africa/Nairobi')::date, true)
      and may_be_from_1(attempt, p_payer_hash, p_payer_tail) end;
--> statement-breakpoint
-- The time of a movement as far as it can be relied upon. A proof that does not say who paid, and when, leaves a deposit without hash and tail (settle_receipt_1): what a notice
-- has told of its time is not relied upon then either.
create or replace function sure_times_1(d deposits) returns timestamptz[] language sql immutable return
  case when d.payer_hash is null and d.payer_tail is null then '{}'::timestamptz[] else array[d.moved_at] end;
--> statement-breakpoint
-- The nameless success that this receipt may be the name of: of the same payment first, then of the same payer, then of the nearest time.
create or replace function find_nameless_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.receipt is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and (n.payment_id = d.payment_id and (d.receipt_proved_at is null or may_be_from_1(a, d.payer_hash, d.payer_tail))
      or d.payment_id is null and d.may_echo and may_fit_1(a, p_times, d.receipt, d.payer_hash, d.payer_tail))
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint
-- The success whose receipt is a guess and not proved: a proved receipt takes its place.
create or replace function find_guess_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select n.id from deposits n join attempts a on a.id = n.attempt_id
  where n.tied_by in ('reference', 'payer', 'time') and n.receipt_proved_at is null and n.merged_into is null and n.amount_cents = d.amount_cents and n.id <> d.id
    and n.shortcode is not distinct from d.shortcode
    and (n.payment_id = d.payment_id and (d.receipt_proved_at is null or may_be_from_1(a, d.payer_hash, d.payer_tail))
      or d.payment_id is null and d.may_echo and may_fit_1(a, p_times, d.receipt, d.payer_hash, d.payer_tail))
  order by (n.payment_id = d.payment_id) desc nulls last, (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last,
    abs(extract(epoch from a.created_at - p_times[1])), n.id
  limit 1
$$;
--> statement-breakpoint
-- The receipts that a success without one may have brought, best first: proved ones, then the same payment's, the prompt's own echo, the payer's, the nearest in time.
create or replace function find_receipts_1(attempt attempts, p_shortcode text) returns setof deposits language sql stable as $$
  select d.* from deposits d
  where d.attempt_id is null and d.receipt is not null and d.merged_into is null and d.refuted_at is null and d.amount_cents = attempt.amount_cents
    and d.shortcode is not distinct from p_shortcode
    and (d.payment_id = attempt.payment_id and (d.receipt_proved_at is null or may_be_from_1(attempt, d.payer_hash, d.payer_tail))
      or d.payment_id is null and d.may_echo and d.moved_at between attempt.created_at - interval '181 minutes' and echo_until_1(attempt)
        -- the clock of a pull may be three hours off
        and fits_1(attempt, case when d.source = 'pull' then array[d.moved_at, d.moved_at + interval '3 hours'] else array[d.moved_at] end, d.payer_hash, d.payer_tail))
  order by d.receipt_proved_at is null, (d.payment_id = attempt.payment_id) desc nulls last, (d.echo_of = attempt.id) desc nulls last,
    (d.payer_hash = attempt.phone_hash) desc nulls last, (d.payer_tail = attempt.phone_tail) desc nulls last,
    abs(extract(epoch from d.moved_at - attempt.created_at)), d.id
$$;
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
      where (n.receipt is null or n.receipt_proved_at is null and n.tied_by in ('reference', 'payer', 'time')) and n.merged_into is null
        and n.amount_cents = d.amount_cents and n.shortcode is not distinct from d.shortcode and may_fit_1(a, sure_times_1(d), d.receipt, d.payer_hash, d.payer_tail));
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
-- The prompt whose success has no proved receipt, so that the proof of this one may be the proof of that same movement: words that a notice alone has said, or a person's
-- match, do not make it another one, and a receipt that nobody has proved is no name. Each such success casts doubt on one receipt.
create or replace function find_doubt_1(d deposits, p_times timestamptz[]) returns uuid language sql stable as $$
  select a.id from deposits n join attempts a on a.id = n.attempt_id
  where (n.receipt is null or n.receipt_proved_at is null and n.tied_by in ('reference', 'payer', 'time')) and n.merged_into is null
    and n.amount_cents = d.amount_cents and n.id <> d.id and n.shortcode is not distinct from d.shortcode
    and n.settled_at > coalesce(d.moved_at, d.settled_at) - interval '3 days' and may_fit_1(a, p_times, d.receipt, d.payer_hash, d.payer_tail)
    and not exists (select from deposits o where o.echo_of = a.id and o.amount_cents = d.amount_cents and o.id <> d.id and o.receipt_proved_at is not null
      and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null)
  order by (a.phone_hash = d.payer_hash) desc nulls last, (a.phone_tail = d.payer_tail) desc nulls last, abs(extract(epoch from a.created_at - p_times[1])), a.id
  limit 1
$$;
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
create or replace function clear_doubt_1(p_attempt uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  d deposits;
  doubt uuid;
begin
  for d in select o.* from deposits o where o.echo_of = p_attempt and o.attempt_id is null and o.amount_cents = (select a.amount_cents from attempts a where a.id = p_attempt)
    and o.receipt_proved_at is not null and o.confirmed_at is null and o.merged_into is null and o.taken_back_at is null
  loop
    doubt := find_doubt_1(d, sure_times_1(d));
    if doubt is not null then
      update deposits set echo_of = doubt where id = d.id;
    else
      perform prove_money_1(d.id, p_now);
      if d.held_until is null then perform count_deposit_1(d.id, p_now); end if;
    end if;
  end loop;
end $$;
--> statement-breakpoint
-- A line of a pull or a statement says what was truly typed, and a notice may have lied about it: it is corrected as long as nothing was bought with it. What was bought is
-- left as it is: the words that the line has are returned then, and are not stored.
create or replace function correct_words_1(
  d deposits, payment payments, p_standing text, p_typed text, p_prompts boolean, p_source text, p_now timestamptz
) returns deposits language plpgsql as $$
declare
  place text := stands_in_1(d);
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
    perform book_1('claimed', d.id, 1, place, 'clearing', d.amount_cents, p_now);
    perform close_tasks_1(array['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'], d.id::text, 'What was typed is known.', p_now);
  end if;
  update payments set status = 'expired', counted_deposit_id = null, settled_at = null where counted_deposit_id = d.id and status = 'paid';
  update deposits set source = p_source, payment_id = payment.id, may_echo = echoes, standing = own_standing, typed_reference = p_typed,
    held_until = p_now, allocated_at = null, allocation_due_at = p_now
  where id = d.id returning * into d;
  return d;
end $$;
--> statement-breakpoint
-- A success has this receipt by a guess, and the proof says that it is another movement's: the list names something else of ours, or somebody else paid than was prompted.
create or replace function is_not_its_name_1(d deposits, payment payments, p_standing text, p_payer_hash text, p_payer_tail text) returns boolean language sql stable as $$
  select payment.id <> d.payment_id or payment.id is null and exists (select from standing_references s where s.typed = p_standing)
    or not (select may_be_from_1(a, p_payer_hash, p_payer_tail) from attempts a where a.id = d.attempt_id)
$$;
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
      and not (coalesce(d.tied_by in ('reference', 'payer', 'time'), false) and d.payment_id <> (select p.id from payments p where p.reference = t.reference)))
    order by amount, t.receipt
  loop
    select * into settled from settle_receipt_1(p_source, r.receipt, r.amount, r.reference, r.standing, r.typed, r.payer_name, r.payer_phone, r.payer_hash, r.payer_tail,
      r.shortcode, r.prompts, r.times, true, p_now);
    "depositId" := settled."depositId"; receipt := r.receipt; verdict := settled.verdict;
    return next;
  end loop;
end $$;
--> statement-breakpoint
-- Settles a status answer about the receipt of one deposit, posted to the question's own address. `p_shortcode` is the own short code that was credited; null: none was.
create or replace function settle_deposit_status_2(
  p_deposit uuid, p_body_hash text, p_body text, p_says text, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text,
  p_payer_tail text, p_finalised_at timestamptz, p_now timestamptz, out "depositId" uuid, out verdict text
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
    select * into proved from settle_receipt_1('status', d.receipt, d.amount_cents, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode,
      d.may_echo, array_remove(array[p_finalised_at], null), false, p_now);
    "depositId" := proved."depositId";
  elsif verdict in ('other_receipt', 'other_amount', 'other_party', 'not_completed') and fresh and not (verdict = 'other_receipt' and d.receipt_proved_at is not null) then
    perform open_task_1('deposit_not_confirmed', p_deposit::text, p_now);
  end if;
end $$;
--> statement-breakpoint
-- Settles the proof of a receipt that a success of this attempt named and was not believed. If its amount is what was asked, the success is true after all; else the money
-- is a movement of its own, which nobody asked for. Safe to repeat.
create or replace function settle_doubt_2(
  p_attempt uuid, p_receipt text, p_amount bigint, p_shortcode text, p_payer_name text, p_payer_phone text, p_payer_hash text, p_payer_tail text, p_finalised_at timestamptz,
  p_now timestamptz, out "depositId" uuid, out verdict text
) language plpgsql as $$
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
    "depositId" := take_success_1(attempt, payment, p_receipt, true, p_shortcode, (readings_1(p_receipt, array_remove(array[p_finalised_at], null), p_now))[1], p_now);
    update attempts set state = 'paid', live = false, receipt = p_receipt, query_due_at = null where id = attempt.id;
    perform release_echoes_1(attempt.id, p_now);
  else
    select * into proved from settle_receipt_1('status', p_receipt, p_amount, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode, true,
      array_remove(array[p_finalised_at], null), true, p_now);
    verdict := proved.verdict;
    "depositId" := proved."depositId";
  end if;
  if verdict in ('pays', 'proves', 'fills', 'displaces', 'arrives') then
    perform close_tasks_1(array['evidence_amount_differs', 'evidence_phone_differs', 'evidence_second_receipt', 'evidence_receipt_used', 'evidence_doubted'], p_attempt::text,
      'Its receipt is proved, and booked.', p_now);
  end if;
end $$;
--> statement-breakpoint
-- Settles the answer to a question about a transaction, and with it what it proves of a success that was not believed, or of a notice that could not be read, in one
-- transaction: neither is stored without the other. An answer that is told again settles what an earlier one has left. `p_shortcode` is the own short code that was credited;
-- null: none was. `doubt`: what became of the proof.
create or replace function settle_status_result_2(
  p_inquiry uuid, p_body_hash text, p_body text, p_says text, p_result_code text, p_conversation text, p_status text, p_receipt text, p_amount bigint,
  p_debit_party text, p_credit_party text, p_reason_type text, p_finalised_at timestamptz, p_shortcode text, p_prompts boolean, p_payer_name text, p_payer_phone text,
  p_payer_hash text, p_payer_tail text, p_now timestamptz, out verdict text, out "askedBy" text, out doubt text, out "depositId" uuid
) language plpgsql as $$
declare
  answer record;
begin
  select * into answer from settle_status_result_1(p_inquiry, p_body_hash, p_body, p_says, p_result_code, p_conversation, p_status, p_receipt, p_amount, p_debit_party,
    p_credit_party, p_reason_type, p_finalised_at, p_now);
  verdict := answer.verdict; "askedBy" := answer."askedBy";
  if verdict not in ('answers', 'known') or p_says <> 'completed' or p_shortcode is null or p_receipt is null or p_amount is null then return; end if;
  if "askedBy" like 'attempt:%' then
    select d."depositId", d.verdict into "depositId", doubt
    from settle_doubt_2(split_part("askedBy", ':', 2)::uuid, p_receipt, p_amount, p_shortcode, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_finalised_at, p_now) d;
  elsif "askedBy" = 'notice' then -- ASKED_FOR_NOTICE (ask-receipt.ts)
    select d."depositId", d.verdict into "depositId", doubt
    from settle_receipt_1('status', p_receipt, p_amount, null, null, null, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_shortcode, p_prompts,
      array_remove(array[p_finalised_at], null), true, p_now) d;
  end if;
end $$;
