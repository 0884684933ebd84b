ALTER TABLE "deposits" ADD COLUMN "reversed_elsewhere_at" timestamp with time zone;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "reversed_elsewhere_cents" bigint;--> statement-breakpoint
ALTER TABLE "deposits" ADD COLUMN "reversal_receipt" text;
--> statement-breakpoint
-- The reversal that we asked for of a deposit and whose end nobody has told yet.
create or replace function unended_reversal_1(p_deposit uuid) returns uuid language sql stable as $$
  select w.id from payouts p join withdrawals w on w.payout_id = p.id
  where p.kind = 'reversal' and p.subject = p_deposit::text and w.state in ('dispatched', 'unknown') order by w.id limit 1
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

  -- what the receipt decides
  update statement_lines x set movement_id = case when x.ordinal = 1 then coalesce(f.giving_back, f.movement_id) end, finding = case
      when x.ordinal > 1 then 'duplicate'
      when x.kind in ('charge', 'sweep', 'top_up', 'internal') then x.kind
      when f.amount_cents = x.amount_cents then 'agrees'
      when f.amount_cents is not null then 'amount_differs'
      when x.kind = 'reversal' then case when f.given_back then 'agrees' when f.giving_back is not null then 'unresolved' else 'reversed' end end
  from (
    select y.n, case when y.kind in ('charge', 'sweep', 'top_up', 'internal') then null else coalesce(d.id, w.id, u.id, v.id) end as movement_id,
      coalesce(d.amount_cents, w.amount_cents) as amount_cents,
      exists (select from payouts o join withdrawals b on b.payout_id = o.id where o.kind = 'reversal' and o.subject = u.id::text and b.state = 'paid')
        or u.taken_back_at is not null and u.reversed_elsewhere_at is not null as given_back,
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
-- Books what signed statements show as given back of a deposit by somebody in the portal, as far as it is not booked: it has left the float, and whoever it was given back
-- to owes it until it is taken back where it stands. What nobody has allocated yet pays for nothing: it is taken back at once. Ask under the deposit's lock.
create or replace function book_reversed_1(p_deposit uuid, p_now timestamptz) returns text language plpgsql as $$
declare
  d deposits;
  left_cents bigint;
begin
  select * into d from deposits where id = p_deposit;
  if d.confirmed_at is null then return 'locked'; end if; -- in doubt whose it is: it is not in the float
  if d.taken_back_at is not null then return 'taken_back'; end if;
  if d.allocated_at is null and d.reversed_elsewhere_cents = d.amount_cents then
    perform book_1('reversed_elsewhere', d.id, 1, 'clearing', arrived_in_1(d), d.amount_cents, p_now);
    update deposits set taken_back_at = p_now, allocated_at = p_now, allocation_due_at = null, held_until = null where id = d.id;
    update payments set status = 'reversed', failure_code = 'reversed_elsewhere' where counted_deposit_id = d.id and status = 'paid';
    return 'taken_back';
  end if;
  left_cents := d.reversed_elsewhere_cents - (select coalesce(sum(t.amount_cents), 0) from transfers t where t.kind = 'reversed_elsewhere' and t.source_id = d.id::text);
  if left_cents > 0 then
    perform book_1('reversed_elsewhere', d.id, next_leg_1('reversed_elsewhere', d.id), 'receivables', arrived_in_1(d), left_cents, p_now);
  end if;
  return 'locked';
end $$;
--> statement-breakpoint
-- What a customer's line proves, in the names of settle_receipts_1.
create or replace function proof_of_line_1(s statements, x statement_lines) returns jsonb language sql immutable return
  jsonb_build_object('receipt', x.receipt, 'amount', x.amount_cents, 'reference', x.reference, 'standing', x.standing, 'typed', x.typed_reference,
    'payer_name', x.payer_name, 'payer_phone', x.payer_phone, 'payer_hash', x.payer_hash, 'payer_tail', x.payer_tail, 'shortcode', s.shortcode, 'prompts', s.prompts,
    'times', jsonb_build_array(x.completed_at));
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
        select distinct x.completed_at, x.amount_cents from statements t join statement_lines x on x.statement_id = t.id and x.movement_id = d.id
        where t.state in ('signed', 'done') and x.finding = 'reversed' and x.direction = 'out') o))
    where id = d.id and taken_back_at is null;
    if found and d.reversed_elsewhere_at is null then perform record_1('deposit_reversed_elsewhere', d.id, null, l.receipt, p_now); end if;
    says := book_reversed_1(d.id, p_now);
  end if;
  update statement_lines x set verdict = says where x.statement_id = s.id and x.n = l.n;
  return true;
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

  -- a line is booked by one statement; the locks of all short codes that it is about, in one order
  perform pg_advisory_xact_lock(hashtextextended('float:' || c.code, 0)) from (
    select s.shortcode as code union select x.own_party from statement_lines x where x.statement_id = s.id and x.n > s.done and x.n <= upto and x.own_party is not null order by 1) c;
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
      update statement_lines x set verdict = book_line_1(s, l, p_now) where x.statement_id = s.id and x.n = l.n;
    end if;
  end loop;
  update statements set done = upto where id = s.id;
end $$;
--> statement-breakpoint
-- Ends the lines that may be payouts of ours, when Safaricom has said how those ended: one that was not paid, or by another receipt, did not take this money. While it says nothing
-- there is a task.
create or replace function settle_unresolved_1(p_now timestamptz) returns int language plpgsql as $$
declare
  l record;
  ended int := 0;
begin
  for l in
    select x.statement_id, x.n, x.receipt, x.kind, x.movement_id, s.decided_at from statement_lines x join statements s on s.id = x.statement_id
    where x.finding = 'unresolved' and x.verdict is null and s.state in ('signed', 'done') order by x.statement_id, x.n limit 500
  loop
    if exists (select from withdrawals w where w.id = l.movement_id and w.state in ('reserved', 'dispatched', 'unknown')) then
      if l.decided_at < p_now - interval '15 minutes' and not exists (select from reviews r where r.kind = 'payout_on_statement' and r.subject = l.movement_id::text) then
        perform open_task_1('payout_on_statement', l.movement_id::text, p_now);
      end if;
      continue;
    end if;
    perform close_tasks_1(array['payout_on_statement'], l.movement_id::text, 'Safaricom has said how it ended.', p_now);
    ended := ended + 1;
    if exists (select from withdrawals w where w.id = l.movement_id and w.state = 'paid' and (l.kind = 'reversal' or coalesce(w.receipt, l.receipt) = l.receipt)) then
      perform lock_receipt_1(l.receipt);
      update withdrawals w set receipt = l.receipt where w.id = l.movement_id and w.receipt is null and l.kind <> 'reversal'
        and not exists (select from withdrawals o where o.receipt = l.receipt) and not exists (select from deposits d where d.receipt = l.receipt);
      update statement_lines x set verdict = 'agrees' where x.statement_id = l.statement_id and x.n = l.n;
    elsif l.kind = 'reversal' then
      update statement_lines x set finding = 'reversed', movement_id = null where x.statement_id = l.statement_id and x.n = l.n;
      perform settle_reversed_1(l.statement_id, p_now);
      perform open_line_tasks_1('statement_reversed', l.statement_id,
        array(select coalesce(x.linked_receipt, x.receipt) from statement_lines x where x.statement_id = l.statement_id and x.n = l.n and x.finding = 'reversed' and x.verdict <> 'taken_back'), p_now);
    else
      update statement_lines x set verdict = 'money_out' where x.statement_id = l.statement_id and x.n = l.n;
      perform open_line_tasks_1('statement_money_out', l.statement_id, array[l.receipt], p_now);
    end if;
  end loop;
  return ended;
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
  update reviews r set closed_at = p_now, closed_by = 'malipo', note = 'Imported and signed off.'
  where r.kind = 'statement_due' and r.closed_at is null and split_part(r.subject, ':', 1) = s.shortcode
    and is_covered_1(s.shortcode, split_part(split_part(r.subject, ':', 2), '/', 1)::date, split_part(r.subject, '/', 2)::date);
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
