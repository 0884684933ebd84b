-- Books, once, a line that reports the organisation's own money at a short code. `told` is the line as an entry, with its moment in `occurred_at`; `p_ordinal` numbers equal
-- lines, and `p_listed` are the keys of all lines of its statement that bear its receipt. What people have booked already is used first: the entry of its days and its exact
-- amount (take_exact_entry_2), else what other lines have left of the entries of its days, or of those that explain the balance of its time. Only the rest is booked for the
-- line, between the accounts of book_float_entry_2.
create function book_told_entry_1(told float_entries, p_ordinal int, p_listed text[], p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
  rest bigint := told.amount_cents;
  part bigint;
  exact text := take_exact_entry_2(told, p_ordinal, p_listed, p_now);
begin
  if exact is not null then return exact; end if;
  for entry in
    select * from float_entries e
    where e.shortcode = told.shortcode and e.kind = told.kind and e.line_key is null and e.state = 'booked' and case
      when e.explains_from is not null then told.occurred_at > e.explains_from and told.occurred_at <= e.occurred_at + interval '1 minute'
      -- charges may be entered as the sum of a month
      else e.occurred_on between told.occurred_on - 3 and told.occurred_on + case told.kind when 'charge' then 31 else 3 end end
    order by e.occurred_on, e.id for update
  loop
    part := least(rest, entry.amount_cents - (select coalesce(sum(x.cents), 0) from float_entry_lines x where x.entry_id = entry.id));
    continue when part <= 0;
    perform keep_entry_line_1(entry.id, told, part);
    perform date_entry_part_2(entry, told.occurred_at, part);
    rest := rest - part;
    exit when rest = 0;
  end loop;
  if rest = 0 then return 'agrees'; end if;

  entry.id := new_id_1();
  insert into float_entries (id, shortcode, kind, amount_cents, occurred_on, state, asked_by, asked_at, line_key, receipt)
  values (entry.id, told.shortcode, told.kind, rest, told.occurred_on, 'asked', told.asked_by, told.asked_at, told.line_key, told.receipt);
  perform keep_entry_line_1(entry.id, told, rest);
  perform book_float_entry_2(entry.id, told.decided_by, told.occurred_at, told.proved_by, p_now);
  return 'booked';
end $$;
--> statement-breakpoint

-- Gives a line the entry of its days that has exactly its amount. An entry that still waits to be decided is booked by it. `known`: the line was reported before. Null
-- where there is no such entry.
create function take_exact_entry_2(told float_entries, p_ordinal int, p_listed text[], p_now timestamptz) returns text language plpgsql as $$
declare
  entry float_entries;
begin
  -- another export may name the account of the same line differently, or not at all
  if exists (select from float_entry_lines x where x.line_key = told.line_key)
    or p_ordinal <= (select count(distinct x.line_key) from float_entry_lines x where x.receipt = told.receipt and x.kind = told.kind and x.shortcode = told.shortcode
      and x.line_cents = told.amount_cents and x.line_key <> all(p_listed)) then return 'known'; end if;

  select * into entry from float_entries e
  where e.shortcode = told.shortcode and e.kind = told.kind and e.amount_cents = told.amount_cents and e.line_key is null and e.state in ('asked', 'booked')
    and e.occurred_on between told.occurred_on - 3 and told.occurred_on + 3 and not exists (select from float_entry_lines x where x.entry_id = e.id)
  order by e.state = 'booked' desc, abs(e.occurred_on - told.occurred_on), e.id limit 1 for update;
  if not found then return null; end if;
  update float_entries set line_key = told.line_key, receipt = told.receipt where id = entry.id;
  perform keep_entry_line_1(entry.id, told, told.amount_cents);
  if entry.state = 'booked' then
    perform date_entry_part_2(entry, told.occurred_at, told.amount_cents);
    return 'agrees';
  end if;
  perform book_float_entry_2(entry.id, told.decided_by, told.occurred_at, told.proved_by, p_now);
  return 'booked';
end $$;
--> statement-breakpoint

-- Records that a line reports this much of an entry.
create function keep_entry_line_1(p_entry uuid, told float_entries, p_cents bigint) returns void language plpgsql as $$
begin
  insert into float_entry_lines (line_key, entry_id, shortcode, kind, receipt, moved_at, line_cents, cents)
  values (told.line_key, p_entry, told.shortcode, told.kind, told.receipt, told.occurred_at, told.amount_cents, p_cents);
end $$;
--> statement-breakpoint

-- Lets the balance watch count a part of an entry at the moment that its line reports: where the entry explained no balance, only the line knows the moment. An entry that did
-- explain one keeps its own time, and a charge that the tariff expects (without `occurred_at`) counts already.
create function date_entry_part_2(entry float_entries, p_moved_at timestamptz, p_cents bigint) returns void language plpgsql as $$
declare
  arrived bigint := case entry.kind when 'top_up' then p_cents else -p_cents end;
begin
  if entry.explains_from is not null or entry.occurred_at is null then return; end if;
  insert into float_entry_parts (entry_id, shortcode, occurred_at, cents) values (entry.id, entry.shortcode, p_moved_at, p_cents)
  on conflict (entry_id, occurred_at) do update set cents = float_entry_parts.cents + excluded.cents;
  perform lower_opening_1(entry.shortcode, p_moved_at, arrived);
  perform lower_opening_1(entry.shortcode, entry.occurred_at, -arrived); -- it was lowered by it when the entry was booked
end $$;
