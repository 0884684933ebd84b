-- What of an entry a line tells of counts for the balance watch when the line says that it moved: of an entry that explained no balance nobody else knows it. A charge that the
-- tariff expects counts already.
create or replace function date_entry_part_1(entry float_entries, p_moved_at timestamptz, p_cents bigint) returns void language plpgsql as $$
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
create or replace function take_exact_entry_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  own_day date := (l.completed_at at time zone 'Africa/Nairobi')::date;
begin
  -- another export may name the account of the same line differently, or not at all
  if exists (select from float_entry_lines x where x.line_key = p_key)
    or exists (select from float_entry_lines x where x.receipt = l.receipt and x.kind = p_kind and x.shortcode = p_shortcode and x.line_cents = l.amount_cents
      and not exists (select from statement_lines o where o.statement_id = s.id and o.line_key = x.line_key)) then return 'known'; end if;

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
create or replace function book_own_money_1(s statements, l statement_lines, p_key text, p_shortcode text, p_kind text, p_now timestamptz) returns text language plpgsql as $$
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
-- Before a line uses up what entries of other amounts have, each line of a statement takes the entry of its own amount.
create or replace function take_exact_entries_1(s statements, p_now timestamptz) returns void language plpgsql as $$
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

  -- a line is booked by one statement; the locks of all short codes that it is about, in one order
  perform pg_advisory_xact_lock(hashtextextended('float:' || c.code, 0)) from (
    select s.shortcode as code union select x.own_party from statement_lines x where x.statement_id = s.id and x.n > s.done and (x.n <= upto or s.done = 0) and x.own_party is not null order by 1) c;
  if s.done = 0 then perform take_exact_entries_1(s, p_now); end if;
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
  update statements set done = upto where id = s.id;
end $$;
