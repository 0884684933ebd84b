ALTER TABLE "pulls" ADD COLUMN "unread" text[] DEFAULT '{}' NOT NULL;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "unread_from" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "pulls" ADD COLUMN "unread_until" timestamp with time zone;
--> statement-breakpoint
-- Whether a receipt that a list names has its place in the books: proved as a customer's, or known as our own money.
create function is_in_books_1(p_receipt text) returns boolean language sql stable as $$
  select exists (select from deposits d where d.receipt = p_receipt and d.receipt_proved_at is not null)
    or exists (select from withdrawals w where w.receipt = p_receipt) or is_own_money_1(p_receipt)
$$;
--> statement-breakpoint
-- Remembers what of a list could not be read or settled, beside what its open task is about already: receipts, and between which moments rows without one, or behind a list without an
-- end, may lie.
create function keep_unread_1(p_shortcode text, p_receipts text[], p_from timestamptz, p_until timestamptz, p_now timestamptz) returns void language plpgsql as $$
begin
  if not exists (select from reviews r where r.kind = 'pull_unreadable' and r.subject = p_shortcode and r.closed_at is null) then
    update pulls set unread = '{}', unread_from = null, unread_until = null where shortcode = p_shortcode;
  end if;
  update pulls set unread = array(select distinct r from unnest(unread || p_receipts) r order by r),
    unread_from = least(unread_from, p_from), unread_until = greatest(unread_until, p_until)
  where shortcode = p_shortcode;
end $$;
--> statement-breakpoint
-- Forgets what has been read or booked since, and closes the task when nothing is left. `p_read` are receipts of a whole list, which hid nothing from the moment `p_from` on; signed
-- statements hide nothing of their days.
create function close_unread_1(p_shortcode text, p_read text[], p_from timestamptz, p_now timestamptz) returns void language plpgsql as $$
declare
  p pulls;
begin
  select * into p from pulls where shortcode = p_shortcode for update;
  if p.unread = '{}' and p.unread_from is null then return; end if;
  p.unread := array(select r from unnest(p.unread) r where r <> all(p_read) and not is_in_books_1(r));
  if p_from <= p.unread_from or is_covered_1(p_shortcode, (p.unread_from at time zone 'Africa/Nairobi')::date, (p.unread_until at time zone 'Africa/Nairobi')::date) then
    p.unread_from := null; p.unread_until := null;
  end if;
  update pulls set unread = p.unread, unread_from = p.unread_from, unread_until = p.unread_until where shortcode = p_shortcode;
  if p.unread = '{}' and p.unread_from is null then perform close_tasks_1(array['pull_unreadable'], p_shortcode, 'All of it was read or booked since.', p_now); end if;
end $$;
--> statement-breakpoint
-- Passes over a line that raises whenever it is settled, with a task about its receipt: the next one, or the next that shows a payment as given back. It is listed all the same.
create function pass_line_1(p_statement uuid, p_reversed boolean, p_now timestamptz) returns text language plpgsql as $$
declare
  s statements;
  l statement_lines;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if p_reversed then
    select * into l from statement_lines x where x.statement_id = s.id and x.finding = 'reversed' and x.direction = 'out' and x.verdict is null order by x.n limit 1;
  else
    select * into l from statement_lines x where x.statement_id = s.id and x.n = s.done + 1;
    update statements set done = l.n where id = s.id and l.n is not null;
  end if;
  if l.n is null then return null; end if;
  update statement_lines set verdict = 'failed' where statement_id = s.id and n = l.n;
  perform open_task_1('statement_line_failed', l.receipt, p_now);
  return l.receipt;
end $$;
--> statement-breakpoint
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
  elsif exists (select from withdrawals w where w.receipt = p_receipt) or is_own_money_1(p_receipt) then
    verdict := 'own_payout'; -- money that we sent or moved ourselves, told as if a customer had paid
  else
    nameless := case when d.may_echo then find_place_1(d, array[p_moved_at], false, '{}', p_now) else find_nameless_1(d, array[p_moved_at]) end;
    if nameless is null then
      nameless := (select n.id from deposits n where n.id = find_weaker_tie_1(d) and n.receipt_proved_at is null);
      if nameless is not null then perform free_receipt_1(nameless, p_now); end if;
    end if;
    verdict := case when nameless is null then 'arrives' else 'ties' end;
  end if;
  duplicate := not keep_evidence_1(null, 'c2b', p_body_hash, p_body, verdict, p_now);
  if duplicate then -- what was only kept until now is read for the first time
    update evidence e set verdict = settle_c2b_1.verdict where e.subject_id is null and e.source = 'c2b' and e.body_hash = p_body_hash and e.verdict in ('unreadable', 'other_shortcode');
    duplicate := not found;
  end if;
  if verdict in ('known', 'ties') and not duplicate then -- the report of evidence asks whether a notice told of it too
    perform keep_evidence_1(coalesce(known.id, nameless), 'c2b', p_body_hash, p_body, verdict, p_now);
  end if;

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
    lost := known.id;
    perform free_receipt_1(known.id, p_now);
    select * into known from deposits where receipt = p_receipt for update;
    if known.attempt_id is null then -- it is proved, and its payer known, before the success that lost it looks for another
      other_payer := payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
      update deposits set payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail,
        receipt_proved_at = coalesce(receipt_proved_at, p_now)
      where id = known.id;
    end if;
  end if;
  if known.attempt_id is null and known.taken_back_at is not null and known.confirmed_at is not null then verdict := 'known'; return; end if; -- given back in the portal, and taken back
  if known.id is not null and p_source in ('pull', 'statement') then
    told := known;
    bought := stands_in_1(told) = 'spent';
    known := correct_words_1(told, payment, p_standing, p_typed, p_prompts, p_source, p_now);
    bought := bought and (known.payment_id is distinct from told.payment_id or known.standing is distinct from told.standing or known.may_echo <> told.may_echo);
  end if;
  if lost is not null then perform name_again_1(lost, p_now); end if;
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
      other_payer := other_payer or payer_contradicts_1(known, p_payer_hash, p_payer_tail);
      if bought and not says_payer then -- whoever told other words than were typed is not believed about the payer either
        known.payer_name := null; known.payer_phone := null; known.payer_hash := null; known.payer_tail := null;
      end if;
      known := payer_by_proof_1(known, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail);
    elsif known.tied_by = 'payer' and not says_payer then -- whose number it is a notice alone has said
      known.tied_by := 'time'; known.payer_hash := null; known.payer_tail := null;
    end if;
    known.moved_at := case
      when exists (select from unnest(times || case when cardinality(times) = 0 then readings_1(p_receipt, array[known.moved_at], p_now) end) t
        where t between known.moved_at - interval '5 minutes' and known.moved_at + interval '5 minutes') then known.moved_at
      else coalesce(times[1], value_date_1(p_receipt, p_now)) end;
    update deposits set receipt_proved_at = p_now, confirmation_due_at = null, moved_at = known.moved_at,
      payer_name = known.payer_name, payer_phone = known.payer_phone, payer_hash = known.payer_hash, payer_tail = known.payer_tail, tied_by = known.tied_by
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
      and not (coalesce(d.tied_by in ('reference', 'payer', 'time'), false) and (d.payment_id <> (select p.id from payments p where p.reference = t.reference)
        or exists (select from attempts a where a.id = d.attempt_id and not may_be_from_1(a, t.payer_hash, t.payer_tail)))))
    order by amount, t.receipt
  loop
    select * into settled from settle_receipt_1(p_source, r.receipt, r.amount, r.reference, r.standing, r.typed, r.payer_name, r.payer_phone, r.payer_hash, r.payer_tail,
      r.shortcode, r.prompts, r.times, true, p_now);
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
-- Settles the next lines of a statement that a second person has signed: customers' payments are proved or booked (settle-receipt.sql has the rule), a payout learns its
-- receipt, the organisation's own money is booked. Yields the deposits that can be allocated. Safe to repeat, at the same time as itself and as other statements.
create or replace function settle_lines_1(p_statement uuid, p_limit int, p_now timestamptz) returns table ("depositId" uuid) language plpgsql as $$
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
    select * from settle_receipts_1('statement', (
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
      perform take_off_own_lines_1(s, s.line_count, p_now);
    exception when others then -- a line that raises does so again in its own turn
      if sqlstate ~ '^(40|53|55|57)' then raise; end if;
    end;
  else
    perform take_off_own_lines_1(s, upto, p_now);
  end if;
  perform lock_receipt_1(x.receipt) from (select y.receipt from statement_lines y
    where y.statement_id = s.id and y.n > s.done and y.n <= upto and y.finding in ('sweep', 'top_up') order by y.receipt) x;
  perform take_off_own_lines_1(s, upto, p_now); -- what was told meanwhile

  -- a line is booked by one statement; the locks of all short codes that it is about, in one order
  perform pg_advisory_xact_lock(hashtextextended('float:' || c.code, 0)) from (
    select s.shortcode as code union select x.own_party from statement_lines x where x.statement_id = s.id and x.n > s.done and (x.n <= upto or s.done = 0) and x.own_party is not null order by 1) c;
  if s.done = 0 then
    begin
      perform take_exact_entries_1(s, p_now);
    exception when others then
      if sqlstate ~ '^(40|53|55|57)' then raise; end if;
    end;
  end if;
  for l in
    select x.* from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto
      and (x.finding in ('charge', 'sweep', 'top_up', 'unresolved') or x.finding = 'names' and x.direction = 'out') order by x.n
  loop
    if l.finding = 'unresolved' then -- its end is asked for again at once
      update withdrawals w set query_due_at = p_now where w.id = l.movement_id and w.state in ('dispatched', 'unknown');
      continue;
    end if;
    if l.finding = 'names' then
      perform lock_receipt_1(l.receipt);
      update withdrawals w set receipt = l.receipt where w.id = l.movement_id and w.receipt is null and not exists (select from withdrawals o where o.receipt = l.receipt)
        and not exists (select from deposits d where d.receipt = l.receipt);
      update statement_lines x set verdict = case when found then 'names' else 'known' end where x.statement_id = s.id and x.n = l.n;
    else
      says := book_line_1(s, l, p_now);
      update statement_lines x set verdict = case says when 'known' then coalesce(l.verdict, says) else says end where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;
  -- a signed line shows that a receipt is our own money, as the books have it
  update reviews task set closed_at = p_now, closed_by = 'malipo', note = 'A signed statement shows it as our own money.'
  where task.kind = 'evidence_own_payout' and task.closed_at is null and task.opened_at < p_now
    and task.subject in (select x.receipt from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto
      and (x.finding in ('sweep', 'top_up') or exists (select from withdrawals w where w.receipt = x.receipt and w.state = 'paid' and w.amount_cents = x.amount_cents and x.direction = 'out')))
    and not exists (select from deposits d where d.receipt = task.subject and d.merged_into is null and d.taken_back_at is null);
  update statements set done = upto where id = s.id;
end $$;
--> statement-breakpoint
-- Ends a signed statement, once all its lines are settled and what it refutes is refuted: tasks for what is left, and the end of those that asked for it. False while there is more to do.
create or replace function end_statement_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  s statements;
begin
  select * into s from statements where id = p_statement and state = 'signed' for update;
  if not found or s.done < s.line_count then return false; end if;
  if exists (select from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and l.direction = 'out' and l.verdict is null) then return false; end if;
  update statements set state = 'done', finished_at = p_now where id = s.id;
  if not s.refutes then perform open_task_1('statement_incomplete', s.id::text, p_now); end if;
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
    array(select coalesce(l.linked_receipt, l.receipt) from statement_lines l where l.statement_id = s.id and l.finding = 'reversed' and l.verdict is distinct from 'taken_back'
      order by l.n), p_now);
  perform open_line_tasks_1('statement_money_out', s.id,
    array(select l.receipt from statement_lines l where l.statement_id = s.id and l.finding = 'missing_here' and l.direction = 'out' order by l.n), p_now);
  perform close_unread_1(p.shortcode, '{}', null, p_now) from pulls p where p.unread <> '{}' or p.unread_from is not null order by p.shortcode;
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'A signed statement has settled it.'
  where r.kind = 'statement_line_failed' and r.closed_at is null and exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject)
    and not exists (select from statement_lines l where l.statement_id = s.id and l.receipt = r.subject and l.verdict = 'failed');
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'Imported and signed off.'
  where r.kind = 'statement_due' and r.closed_at is null and split_part(r.subject, ':', 1) = s.shortcode
    and is_covered_1(s.shortcode, split_part(split_part(r.subject, ':', 2), '/', 1)::date, split_part(r.subject, '/', 2)::date);
  return true;
end $$;
