-- When a statement begins, by its period or else its oldest line, and the time of its newest line.
create or replace function span_1(s statements, out begins timestamptz, out newest timestamptz) language sql stable as $$
  select coalesce(s.covers_from, min(l.completed_at)), max(l.completed_at) from statement_lines l where l.statement_id = s.id
$$;
--> statement-breakpoint
-- Whether a statement has a line of this time that another one of the account has not. A file may end in the middle of a second.
create or replace function lacks_1(p_other uuid, p_lines_of uuid, p_from timestamptz, p_until timestamptz, p_newest timestamptz) returns boolean language sql stable as $$
  select exists (
    select l.receipt, l.direction, l.amount_cents, l.balance_cents from statement_lines l
    where l.statement_id = p_lines_of and l.completed_at between p_from and p_until and (l.completed_at < p_until or p_newest = p_until)
    except all
    select l.receipt, l.direction, l.amount_cents, l.balance_cents from statement_lines l where l.statement_id = p_other and l.completed_at between p_from and p_until)
$$;
--> statement-breakpoint
-- What of a statement disagrees with signed ones of its account: `balance` where a later one, up to the first that follows it, does not open with what this one has for that
-- moment; `lines` where it shares days with one, and either has a line of them that the other has not, as far as both go. Nothing where all agree.
create or replace function clashes_1(s statements) returns text language plpgsql stable as $$
declare
  own record := span_1(s);
  o record;
begin
  for o in
    select b.id, b.opening_cents, x.begins, x.newest from statements b cross join lateral span_1(b) x
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and x.begins > own.begins
    order by x.begins, b.id
  loop
    if o.opening_cents <> coalesce((select l.balance_cents from statement_lines l where l.statement_id = s.id and l.completed_at < o.begins order by l.n desc limit 1), s.opening_cents) then
      return 'balance';
    end if;
    exit when o.begins > coalesce(s.covers_to, own.newest);
  end loop;
  for o in
    select b.id, greatest(x.begins, own.begins) as begins, least(x.newest, own.newest) as until, x.newest from statements b cross join lateral span_1(b) x
    where b.state in ('signed', 'done') and b.shortcode = s.shortcode and b.account is not distinct from s.account and b.id <> s.id and x.begins <= own.newest and x.newest >= own.begins
  loop
    if lacks_1(o.id, s.id, o.begins, o.until, own.newest) or lacks_1(s.id, o.id, o.begins, o.until, o.newest) then return 'lines'; end if;
  end loop;
  return null;
end $$;
--> statement-breakpoint
-- Whether this money was given back already, so that it does not leave: `portal` (a signed statement shows it), `perhaps` (a signed statement shows a receipt as given back
-- that may be this one's: nothing has proved a receipt of its prompt's own). Ask under its lock.
create or replace function given_back_1(d deposits) returns text language sql stable as $$
  select case
    when d.reversed_elsewhere_at is not null then 'portal'
    when d.attempt_id is not null and d.receipt_proved_at is null and exists (select from deposits o
      where o.echo_of = d.attempt_id and o.amount_cents = d.amount_cents and o.id <> d.id and o.merged_into is null and o.reversed_elsewhere_at is not null) then 'perhaps' end
$$;
