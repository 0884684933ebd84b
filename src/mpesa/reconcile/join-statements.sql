-- Whether a statement joins the signed ones of its account, before it and after it. Call these under the lock of the account's short code (sign-statement.ts).

-- Whether a statement's opening balance is the balance that the last signed one before it has for that moment. Null where there is none before it.
create function follows_1(s statements) returns boolean language plpgsql stable as $$
declare
  before statements;
  -- one that does not say its period begins with its oldest line
  begins timestamptz := coalesce(s.covers_from, (select min(l.completed_at) from statement_lines l where l.statement_id = s.id));
begin
  select * into before from statements b
  where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and b.covers_from <= begins and b.opening_cents is not null
  order by b.covers_to desc, b.id desc limit 1;
  if not found then return null; end if;
  return s.opening_cents = coalesce((select l.balance_cents from statement_lines l where l.statement_id = before.id and l.completed_at < begins order by l.n desc limit 1),
    before.opening_cents);
end $$;
--> statement-breakpoint

-- When a statement begins (with its period, or else with its oldest line), and the time of its newest line.
create function span_1(s statements, out begins timestamptz, out newest timestamptz) language sql stable as $$
  select coalesce(s.covers_from, min(l.completed_at)), max(l.completed_at) from statement_lines l where l.statement_id = s.id
$$;
--> statement-breakpoint

-- Whether one statement lacks a line that the other one has between these times.
create function lacks_1(p_statement uuid, p_other uuid, p_from timestamptz, p_until timestamptz) returns boolean language sql stable as $$
  select exists (
    select l.receipt, l.direction, l.amount_cents, l.balance_cents from statement_lines l where l.statement_id = p_other and l.completed_at between p_from and p_until
    except all
    select l.receipt, l.direction, l.amount_cents, l.balance_cents from statement_lines l where l.statement_id = p_statement and l.completed_at between p_from and p_until)
$$;
--> statement-breakpoint

-- How a statement disagrees with a signed one of its account, and with which. `opening`: it does not open with the balance that the last one before it has for that moment.
-- `balance`: a later one (up to the first that begins after this one ends) does not open with the balance that this one has for that moment. `lines`: this one and another
-- overlap, and within the time of both one has a line that the other lacks. Null where all agree.
create function clashes_2(s statements, out how text, out "with" uuid) language plpgsql stable as $$
declare
  own record := span_1(s);
  o record;
  own_lacks boolean;
  other_lacks boolean;
begin
  if not follows_1(s) then
    how := 'opening';
    select b.id into "with" from statements b
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and b.covers_from <= own.begins and b.opening_cents is not null
    order by b.covers_to desc, b.id desc limit 1;
    return;
  end if;
  for o in
    select b.id, b.opening_cents, x.begins, x.newest from statements b cross join lateral span_1(b) x
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and x.begins > own.begins
    order by x.begins, b.id
  loop
    if o.opening_cents <> coalesce((select l.balance_cents from statement_lines l where l.statement_id = s.id and l.completed_at < o.begins order by l.n desc limit 1), s.opening_cents) then
      how := 'balance'; "with" := o.id;
      return;
    end if;
    exit when o.begins > coalesce(s.covers_to, own.newest);
  end loop;
  for o in
    select b.id, greatest(x.begins, own.begins) as begins, least(x.newest, own.newest) as until, x.newest from statements b cross join lateral span_1(b) x
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and x.begins <= own.newest and x.newest >= own.begins
  loop
    own_lacks := lacks_1(s.id, o.id, o.begins, o.until);
    other_lacks := lacks_1(o.id, s.id, o.begins, o.until);
    -- a file may end in the middle of a second
    if own_lacks and (other_lacks or own.newest > o.until) or other_lacks and o.newest > o.until
      or lacks_1(s.id, o.id, o.begins, o.until - interval '1 second') or lacks_1(o.id, s.id, o.begins, o.until - interval '1 second') then
      how := 'lines'; "with" := o.id;
      return;
    end if;
  end loop;
end $$;
