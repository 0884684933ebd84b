-- What of an entry a line tells of counts for the balance watch when the line says that it moved: of an entry that explained no balance nobody else knows it. A charge that the
-- tariff expects counts already.
create function date_entry_part_1(entry float_entries, p_moved_at timestamptz, p_cents bigint) returns void language plpgsql as $$
begin
  if entry.explains_from is not null or entry.occurred_at is null then return; end if;
  insert into float_entry_parts (entry_id, shortcode, occurred_at, cents) values (entry.id, entry.shortcode, p_moved_at, p_cents)
  on conflict (entry_id, occurred_at) do update set cents = float_entry_parts.cents + excluded.cents;
  update float_watches set opening_cents = opening_cents - case entry.kind when 'top_up' then p_cents else -p_cents end
    * ((opened_at >= p_moved_at)::int - (opened_at >= entry.occurred_at)::int)
  where shortcode = entry.shortcode;
end $$;
--> statement-breakpoint

-- The entry of a line's days with its amount is the line's, whether it is booked or still waits to be decided. Null where there is none.
create function take_exact_entry_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  own_day date := (l.completed_at at time zone 'Africa/Nairobi')::date;
begin
  -- another export may name the account of the same line differently, or not at all
  if exists (select from float_entry_lines x where x.line_key = p_key)
    or l.ordinal <= (select count(distinct x.line_key) from float_entry_lines x where x.receipt = l.receipt and x.kind = p_kind and x.shortcode = p_shortcode
      and x.line_cents = l.amount_cents and not exists (select from statement_lines o where o.statement_id = s.id and o.line_key = x.line_key)) then return 'known'; end if;

  select * into entry from float_entries e
  where e.shortcode = p_shortcode and e.kind = p_kind and e.amount_cents = l.amount_cents and e.line_key is null and e.state in ('asked', 'booked')
    and e.occurred_on between own_day - 3 and own_day + 3 and not exists (select from float_entry_lines x where x.entry_id = e.id)
  order by e.state = 'booked' desc, abs(e.occurred_on - own_day), e.id limit 1 for update;
  if not found then return null; end if;
  update float_entries set line_key = p_key, receipt = l.receipt where id = entry.id;
  insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
  values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, l.amount_cents);
  if entry.state = 'booked' then
    perform date_entry_part_1(entry, l.completed_at, l.amount_cents);
    return 'agrees';
  end if;
  perform book_float_entry_1(entry.id, s.decided_by, l.completed_at, case when p_kind = 'top_up' then 'statement' end, p_now);
  return 'booked';
end $$;
--> statement-breakpoint

-- Books what a line tells of the organisation's own money at a short code, once. What people have booked of it is this line's: the entry of its days with its amount, else
-- what the entries that explain the balance of its time have, and no other line has told. Only the rest is booked for the line. The entry's accounts are those of
-- book_float_entry_1.
create function book_own_money_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  own_day date := (l.completed_at at time zone 'Africa/Nairobi')::date;
  rest bigint := l.amount_cents;
  part bigint;
  exact text := take_exact_entry_1(s, l, p_key, p_shortcode, p_kind, p_now);
begin
  if exact is not null then return exact; end if;
  for entry in
    select * from float_entries e
    where e.shortcode = p_shortcode and e.kind = p_kind and e.line_key is null and e.state = 'booked' and case
      when e.explains_from is not null then l.completed_at > e.explains_from and l.completed_at <= e.occurred_at + interval '1 minute'
      -- charges may be entered as the sum of a month
      else e.occurred_on between own_day - 3 and own_day + case p_kind when 'charge' then 31 else 3 end end
    order by e.occurred_on, e.id for update
  loop
    part := least(rest, entry.amount_cents - (select coalesce(sum(x.cents), 0) from float_entry_lines x where x.entry_id = entry.id));
    continue when part <= 0;
    insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
    values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, part);
    perform date_entry_part_1(entry, l.completed_at, part);
    rest := rest - part;
    exit when rest = 0;
  end loop;
  if rest = 0 then return 'agrees'; end if;

  entry.id := new_id_1();
  insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at, line_key, receipt)
  values (entry.id, p_shortcode, p_kind, rest, own_day, 'asked', s.uploaded_by, s.uploaded_at, p_key, l.receipt);
  insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
  values (p_key, entry.id, p_shortcode, p_kind, l.receipt, l.completed_at, l.amount_cents, rest);
  perform book_float_entry_1(entry.id, s.decided_by, l.completed_at, case when p_kind = 'top_up' then 'statement' end, p_now);
  return 'booked';
end $$;
--> statement-breakpoint

-- Books a line of the organisation's own money. What moved between two own short codes left the one as it came to the other: both legs are booked, whichever is told first.
create function book_line_1(s statements, l statement_lines, p_now timestamptz) returns text language plpgsql as $$
begin
  if l.own_party is not null then
    perform book_own_money_1(s, l, l.line_key || ':other leg', l.own_party, case l.kind when 'top_up' then 'sweep' else 'top_up' end, p_now);
  end if;
  return book_own_money_1(s, l, l.line_key, s.shortcode, l.kind, p_now);
end $$;
--> statement-breakpoint

-- Before a line uses up what entries of other amounts have, each line of a statement takes the entry of its own amount.
create function take_exact_entries_1(s statements, p_now timestamptz) returns void language plpgsql as $$
declare
  l statement_lines;
begin
  for l in
    select x.* from statement_lines x where x.statement_id = s.id and x.finding in ('charge', 'sweep', 'top_up')
      and exists (select from float_entries e where e.amount_cents = x.amount_cents and e.line_key is null and e.state in ('asked', 'booked')) order by x.n
  loop
    if l.own_party is not null then
      perform take_exact_entry_1(s, l, l.line_key || ':other leg', l.own_party, case l.kind when 'top_up' then 'sweep' else 'top_up' end, p_now);
    end if;
    update statement_lines x set verdict = take_exact_entry_1(s, l, l.line_key, s.shortcode, l.kind, p_now) where x.statement_id = s.id and x.n = l.n;
  end loop;
end $$;
--> statement-breakpoint

-- What a customer's line proves, in the names of settle_receipts_1.
create function proof_of_line_1(s statements, x statement_lines) returns jsonb language sql immutable return
  jsonb_build_object('receipt', x.receipt, 'amount', x.amount_cents, 'reference', x.reference, 'standing', x.standing, 'typed', x.typed_reference,
    'payer_name', x.payer_name, 'payer_phone', x.payer_phone, 'payer_hash', x.payer_hash, 'payer_tail', x.payer_tail, 'shortcode', s.shortcode, 'prompts', s.prompts,
    'times', jsonb_build_array(x.completed_at));
--> statement-breakpoint

-- Settles the next lines of a statement that a second person has signed: customers' payments are proved or booked (settle-receipt.sql has the rule), a payout learns its
-- receipt, the organisation's own money is booked. Yields the deposits that can be allocated. Safe to repeat, at the same time as itself and as other statements.
create function settle_lines_1(p_statement uuid, p_limit int, p_now timestamptz) returns table ("depositId" uuid) language plpgsql as $$
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
    exception when others then -- the line that raised raises again in its turn below, and is passed over with a task
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
      and (x.finding in ('sweep', 'top_up') or exists (select from withdrawals w where w.receipt = x.receipt and w.state = 'paid' and left_under_1(w) = x.amount_cents and x.direction = 'out')))
    and not exists (select from deposits d where d.receipt = task.subject and d.merged_into is null and d.taken_back_at is null);
  update statements set done = upto where id = s.id;
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

-- Whether a statement is of the account that customers pay into: that is the one whose signed statements list their payments. What the others do not contain says nothing.
create function lists_payments_1(s statements) returns boolean language sql stable as $$
  select exists (select from statements o join statement_lines l on l.statement_id = o.id
    where o.shortcode = s.shortcode and o.account is not distinct from s.account and (o.id = s.id or o.state in ('signed', 'done')) and l.direction = 'in' and l.kind = 'payment')
$$;
--> statement-breakpoint

-- The other short code of ours that a statement is about, by a payment of it that is proved to have come there. Nothing where it is about its own, as far as the books know. A
-- pulled list does not prove at which one, nor does a prompt that has the receipt by a guess: a statement does, and moves it there (gather_1). Where notices and list say another one of more
-- payments than are its own, it is a file of that one.
create function belongs_to_1(s statements) returns text language sql stable as $$
  select max(d.shortcode) filter (where d.shortcode <> s.shortcode) from statement_lines l join deposits d on d.receipt = l.receipt
  where l.statement_id = s.id and l.direction = 'in' and l.kind in ('payment', 'organisation') and d.receipt_proved_at is not null and d.merged_into is null
    and not coalesce(d.tied_by in ('reference', 'payer', 'time'), false)
  having bool_or(d.shortcode <> s.shortcode and not is_by_list_1(d))
    or count(*) filter (where d.shortcode <> s.shortcode and d.shortcode_by_list is null) > count(*) filter (where d.shortcode = s.shortcode)
$$;
--> statement-breakpoint

-- What somebody paid in the portal is booked (book-paid-out.ts): its lines say so, and the tasks about it close, also that of a statement with many when this was its last.
create function end_money_out_1(p_receipt text, p_now timestamptz) returns void language plpgsql as $$
begin
  update statement_lines set verdict = 'paid_out' where receipt = p_receipt and direction = 'out' and (finding = 'missing_here' or verdict = 'money_out');
  perform close_tasks_1(array['statement_money_out'], p_receipt, 'It is booked.', p_now);
  perform close_tasks_1(array['statement_money_out'], s.statement_id::text, 'All of it is booked.', p_now)
  from (select distinct l.statement_id from statement_lines l where l.receipt = p_receipt) s
  where not exists (select from statement_lines o where o.statement_id = s.statement_id and o.direction = 'out' and (o.finding = 'missing_here' or o.verdict = 'money_out')
    and o.verdict is distinct from 'paid_out' and not exists (select from withdrawals w where w.receipt = o.receipt));
end $$;
--> statement-breakpoint

-- Whether a statement shows a payment as given back by a line that no earlier one has told: a payment may be given back in parts.
create function tells_reversal_1(p_statement uuid, p_receipt text) returns boolean language sql stable as $$
  select exists (select from statement_lines l where l.statement_id = p_statement and l.finding = 'reversed' and l.direction = 'out' and coalesce(l.linked_receipt, l.receipt) = p_receipt
    and not exists (select from statement_lines o join statements s on s.id = o.statement_id
      where coalesce(o.linked_receipt, o.receipt) = p_receipt and o.statement_id <> l.statement_id and s.state = 'done' and o.finding = 'reversed' and o.direction = 'out'
        and (o.receipt, o.completed_at, o.amount_cents) = (l.receipt, l.completed_at, l.amount_cents)))
$$;
--> statement-breakpoint

-- Tasks for what a person must look at: one for each line, or where there are many one for the statement. What was told once about a receipt is not told again by an
-- overlapping statement; a further part that was given back of the same payment is. Money out that the books have meanwhile needs nobody.
create function open_line_tasks_1(p_kind text, p_statement uuid, p_receipts text[], p_now timestamptz) returns void language plpgsql as $$
declare
  receipt text;
begin
  if p_kind = 'statement_money_out' then
    p_receipts := array(select r.code from unnest(p_receipts) with ordinality r (code, n) where not exists (select from withdrawals w where w.receipt = r.code) order by r.n);
  end if;
  if cardinality(p_receipts) > 20 then
    perform open_task_1(p_kind, p_statement::text, p_now);
    return;
  end if;
  foreach receipt in array p_receipts loop
    if not exists (select from reviews r where r.kind = p_kind and r.subject = receipt) or p_kind = 'statement_reversed' and tells_reversal_1(p_statement, receipt) then perform open_task_1(p_kind, receipt, p_now); end if;
  end loop;
end $$;
--> statement-breakpoint

-- Whether the books have money as proved that a statement should contain and does not. Refuted money has tasks of its own; a success may have got its receipt since, and a payment its own short code.
create function misses_1(p_statement uuid) returns boolean language sql stable as $$
  select exists (select from statement_absences a join statements s on s.id = a.statement_id left join deposits d on d.id = a.movement_id
    where s.id = p_statement and a.proved and (a.direction = 'out' or d.merged_into is null and d.taken_back_at is null and d.receipt is not distinct from a.receipt and d.shortcode = s.shortcode))
$$;
--> statement-breakpoint

-- Ends the tasks of statements that miss nothing any more.
create function close_missing_1(p_now timestamptz) returns void language plpgsql as $$
begin
  perform close_tasks_1(array['statement_missing_there'], r.subject, 'Nothing is missing there any more.', p_now)
  from reviews r where r.kind = 'statement_missing_there' and r.closed_at is null and not misses_1(r.subject::uuid);
end $$;
--> statement-breakpoint

-- Ends a signed statement, once all its lines are settled: from now on it refutes what it should contain and does not, where it is of the account that customers pay into, whole by its
-- own figures, and joins the last signed one or says its opening balance itself. Tasks for what is left, and the end of those that asked for it. False while there is more to do.
create function end_statement_1(p_statement uuid, p_now timestamptz) returns boolean language plpgsql as $$
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

-- Whether they cover these days by what they can speak for.
create function is_covered_1(p_shortcode text, p_from date, p_to date) returns boolean language sql stable return covers_days_1(p_shortcode, p_from, p_to, false);
--> statement-breakpoint

-- Whether who asks for the statement of these days has it: a file that does not say when it was exported answers for the days that it is named for, once they are over. If it was
-- exported before, the next one does not join it. That it contains nothing of a time proves nothing about its last hours.
create function is_answered_1(p_shortcode text, p_from date, p_to date) returns boolean language sql stable return covers_days_1(p_shortcode, p_from, p_to, true);
