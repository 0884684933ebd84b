-- What a customer's line proves, as a row for settle_receipts_2.
create function proof_of_line_1(s statements, x statement_lines) returns jsonb language sql immutable return
  jsonb_build_object('receipt', x.receipt, 'amount', x.amount_cents, 'reference', x.reference, 'standing', x.standing, 'typed', x.typed_reference,
    'payer_name', x.payer_name, 'payer_phone', x.payer_phone, 'payer_hash', x.payer_hash, 'payer_tail', x.payer_tail, 'shortcode', s.shortcode, 'prompts', s.prompts,
    'times', jsonb_build_array(x.completed_at));
--> statement-breakpoint

-- Settles the next lines of a statement that a second person has signed: customers' payments are proved or booked (settle-receipt.sql has the rule), a payout gets its receipt,
-- the organisation's own money is booked. Returns the deposits that can be allocated. Safe to repeat, and at the same time as itself and as other statements.
create function settle_lines_2(p_statement uuid, p_limit int, p_now timestamptz) returns table ("depositId" uuid) language plpgsql as $$
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

-- The float entry of a line that reports the organisation's own money: at the statement's short code, or with `p_other_leg` at our other short code, to or from which it moved.
create function entry_of_line_1(s statements, l statement_lines, p_other_leg boolean) returns float_entries language plpgsql immutable as $$
declare
  told float_entries;
begin
  told.shortcode := case when p_other_leg then l.own_party else s.shortcode end;
  told.kind := case when not p_other_leg then l.kind when l.kind = 'top_up' then 'sweep' else 'top_up' end;
  told.line_key := case when p_other_leg then l.line_key || ':other leg' else l.line_key end;
  told.receipt := l.receipt; told.amount_cents := l.amount_cents; told.occurred_at := l.completed_at; told.occurred_on := (l.completed_at at time zone 'Africa/Nairobi')::date;
  told.asked_by := s.uploaded_by; told.asked_at := s.uploaded_at; told.decided_by := s.decided_by;
  if told.kind = 'top_up' then told.proved_by := 'statement'; end if;
  return told;
end $$;
--> statement-breakpoint

-- The keys of all lines in the same statement that bear the same receipt as this line.
create function keys_beside_1(l statement_lines) returns text[] language sql stable as $$
  select array_agg(o.line_key) from statement_lines o where o.statement_id = l.statement_id and o.receipt = l.receipt
$$;
--> statement-breakpoint

-- Books a line of the organisation's own money. What moved between two of our short codes left the one when it came to the other, so both legs are booked,
-- whichever is reported first.
create function book_line_2(s statements, l statement_lines, p_now timestamptz) returns text language plpgsql as $$
begin
  if l.own_party is not null then perform book_told_entry_1(entry_of_line_1(s, l, true), l.ordinal, keys_beside_1(l), p_now); end if;
  return book_told_entry_1(entry_of_line_1(s, l, false), l.ordinal, keys_beside_1(l), p_now);
end $$;
--> statement-breakpoint

-- Gives each line of a statement the entry of exactly its amount, before any line uses up entries of other amounts.
create function take_exact_entries_2(s statements, p_now timestamptz) returns void language plpgsql as $$
declare
  l statement_lines;
begin
  for l in
    select x.* from statement_lines x where x.statement_id = s.id and x.finding in ('charge', 'sweep', 'top_up')
      and exists (select from float_entries e where e.amount_cents = x.amount_cents and e.line_key is null and e.state in ('asked', 'booked')) order by x.n
  loop
    if l.own_party is not null then perform take_exact_entry_2(entry_of_line_1(s, l, true), l.ordinal, keys_beside_1(l), p_now); end if;
    update statement_lines x set verdict = take_exact_entry_2(entry_of_line_1(s, l, false), l.ordinal, keys_beside_1(l), p_now) where x.statement_id = s.id and x.n = l.n;
  end loop;
end $$;
--> statement-breakpoint

-- Passes over a line that raises an error whenever it is settled: the next line, or with `p_reversed` the next one that shows a payment as reversed. Opens a task about its
-- receipt. The line is listed all the same.
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
