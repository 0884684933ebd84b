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
