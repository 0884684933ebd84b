-- A balance is a checkpoint plus the transfers after it. "After" goes by transaction numbers: each transfer bears the number of the transaction that wrote it, numbers are
-- given out in order, and the mark never moves past a transaction that still runs. So no transfer can still appear before the mark, whatever clock made its id and whenever it
-- commits. The balance of an account includes its parts; it is debits less credits.

-- What moved on each account by transfers of the transactions from `p_from` on and before `p_until` (null: no end). Without sequential scans: the planner cannot know
-- how few transactions these are.
create function moved_1(p_from xid8, p_until xid8) returns table (account text, cents bigint) language plpgsql stable set enable_seqscan = off as $$
begin
  return query
  with own as materialized (
    select side.id, sum(side.amount) as amount
    from transfers t cross join lateral (values (t.debit_account, t.amount_cents), (t.credit_account, -t.amount_cents)) as side(id, amount)
    where t.tx >= p_from and (p_until is null or t.tx < p_until) group by side.id
  ), placed as (
    select o.id, o.amount from own o union all select (select a.parent from accounts a where a.id = o.id), o.amount from own o
  )
  select p.id, sum(p.amount)::bigint from placed p where p.id is not null group by p.id;
end $$;
--> statement-breakpoint

-- The balance of each account by all transfers before transaction `p_until`, or by all transfers (null).
create function moved_in_all_1(p_until xid8) returns table (account text, cents bigint) language plpgsql stable as $$
begin
  return query
  with own as materialized (
    select side.id, sum(side.amount) as amount
    from transfers t cross join lateral (values (t.debit_account, t.amount_cents), (t.credit_account, -t.amount_cents)) as side(id, amount)
    where p_until is null or t.tx is null or t.tx < p_until group by side.id
  ), placed as (
    select o.id, o.amount from own o union all select (select a.parent from accounts a where a.id = o.id), o.amount from own o
  )
  select p.id, sum(p.amount)::bigint from placed p where p.id is not null group by p.id;
end $$;
--> statement-breakpoint

-- The balance of every account on which anything ever moved. Without a mark that can be trusted, it is summed from the first transfer on.
create function balances_1() returns table (account text, cents bigint) language plpgsql stable as $$
declare
  mark xid8 := (select m.upto from ledger_mark m where m.of_table = 'transfers'::regclass);
begin
  if mark is null then return query select a.account, a.cents from moved_in_all_1(null) a; return; end if;
  return query
  select b.account, sum(b.cents)::bigint from (select c.account, c.held_cents as cents from checkpoints c union all select m.account, m.cents from moved_1(mark, null) m) b
  group by b.account;
end $$;
--> statement-breakpoint

-- The balances of some accounts; one on which nothing ever moved has no row. If a balance limits a spend, lock the account in an earlier statement.
create function held_each_1(p_accounts text[]) returns table (account text, cents bigint) language plpgsql stable as $$
declare
  mark xid8 := (select m.upto from ledger_mark m where m.of_table = 'transfers'::regclass);
begin
  if mark is null then return query select a.account, a.cents from moved_in_all_1(null) a where a.account = any(p_accounts); return; end if;
  return query
  select b.account, sum(b.cents)::bigint from (
    select c.account, c.held_cents as cents from checkpoints c where c.account = any(p_accounts)
    union all select m.account, m.cents from moved_1(mark, null) m where m.account = any(p_accounts)) b
  group by b.account;
end $$;
--> statement-breakpoint

-- The balance of one account.
create function held_1(p_account text) returns bigint language plpgsql stable as $$
begin
  return coalesce((select h.cents from held_each_1(array[p_account]) h), 0);
end $$;
--> statement-breakpoint

-- Moves the checkpoints up over at most `p_most` transfers (never over a part of one transaction), and only over those that no running transaction can still precede. Where
-- there are no checkpoints, it makes them from all transfers, except while an open task asks a person why balances differed. Returns how many transfers it passed, or how many
-- checkpoints it made. Only one run works at a time; safe to repeat.
create function move_checkpoints_1(p_most int) returns bigint language plpgsql as $$
declare
  mark ledger_mark;
  horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  until xid8;
  passed bigint;
begin
  select * into mark from ledger_mark for update skip locked;
  if not found then return 0; end if; -- another run is at it
  if mark.upto is null or mark.of_table <> 'transfers'::regclass then
    if exists (select from reviews r where r.kind = 'balances_differ' and r.closed_at is null) then return 0; end if;
    delete from checkpoints;
    insert into checkpoints (account, held_cents) select m.account, m.cents from moved_in_all_1(horizon) m;
    update ledger_mark set upto = horizon, of_table = 'transfers'::regclass;
    return (select count(*) from checkpoints);
  end if;
  until := coalesce((select t.tx from transfers t where t.tx >= mark.upto and t.tx < horizon order by t.tx offset p_most limit 1), horizon);
  if until = mark.upto then until := (until::text::numeric + 1)::text::xid8; end if;
  if until > horizon then return 0; end if;
  passed := (select count(*) from transfers t where t.tx >= mark.upto and t.tx < until);
  if passed = 0 then return 0; end if; -- an idle minute writes nothing
  insert into checkpoints as c (account, held_cents) select m.account, m.cents from moved_1(mark.upto, until) m
  on conflict (account) do update set held_cents = c.held_cents + excluded.held_cents;
  update ledger_mark set upto = until;
  return passed;
end $$;
--> statement-breakpoint

-- Once a day: compares every balance with the sum over all transfers. If one differs, checkpoints are no longer used, and a person gets a task. Returns what differs.
create function compare_balances_1(p_day date, p_now timestamptz) returns table (account text, "keptCents" bigint, "summedCents" bigint) language plpgsql as $$
begin
  perform from ledger_mark where upto is not null and compared_on is distinct from p_day for update skip locked;
  if not found then return; end if;
  return query
  select coalesce(k.account, s.account), coalesce(k.cents, 0), coalesce(s.cents, 0)
  from balances_1() k full join moved_in_all_1(null) s on s.account = k.account
  where coalesce(k.cents, 0) <> coalesce(s.cents, 0) order by 1 limit 100;
  if found then
    update ledger_mark set upto = null;
    perform open_task_1('balances_differ', 'ledger', p_now);
  end if;
  update ledger_mark set compared_on = p_day;
end $$;
