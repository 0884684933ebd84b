-- A balance is a checkpoint and what came after it. Transfers bear the number of their transaction; what is there already bears none, so that no row is written anew.
CREATE TABLE "checkpoints" (
	"account" text PRIMARY KEY NOT NULL,
	"held_cents" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_mark" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"upto" "xid8",
	"of_table" "oid" NOT NULL,
	"compared_on" date,
	CONSTRAINT "ledger_mark_only" CHECK ("ledger_mark"."is_only")
);
--> statement-breakpoint
DROP INDEX "transfers_debit";--> statement-breakpoint
DROP INDEX "transfers_credit";--> statement-breakpoint
ALTER TABLE "transfers" ADD COLUMN "tx" "xid8";--> statement-breakpoint
ALTER TABLE "transfers" ALTER COLUMN "tx" SET DEFAULT pg_current_xact_id();--> statement-breakpoint
ALTER TABLE "transfers" ADD CONSTRAINT "transfers_in_order" CHECK ("tx" is not null) NOT VALID;--> statement-breakpoint
insert into ledger_mark (of_table) values ('transfers'::regclass);
--> statement-breakpoint
-- A balance is a checkpoint and what came after it. The order is that of transactions: each transfer bears the number of the one that wrote it, numbers are given out in
-- order, and the mark is never moved past a transaction that still runs. So nothing can appear before the mark any more, whatever clock made its id and whenever it
-- commits. Every balance is the account's with its parts, debits less credits.

-- What moved on each account by the transfers of some transactions. Without sequential scans: the planner cannot know how few transactions these are.
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

-- What stands on each account by all transfers before a transaction, or by all there are.
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

-- What stands on every account that anything ever moved on. Where there is no mark that can be trusted it is summed from the first transfer on.
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

-- What stands on one account. Where it limits a spend, lock the account in an earlier statement.
create function held_1(p_account text) returns bigint language plpgsql stable as $$
declare
  mark xid8 := (select m.upto from ledger_mark m where m.of_table = 'transfers'::regclass);
begin
  if mark is null then return coalesce((select a.cents from moved_in_all_1(null) a where a.account = p_account), 0); end if;
  return coalesce((select c.held_cents from checkpoints c where c.account = p_account), 0)
    + coalesce((select m.cents from moved_1(mark, null) m where m.account = p_account), 0);
end $$;
--> statement-breakpoint

-- Moves the checkpoints up over at most so many transfers (of one transaction: all), and only over those that no running transaction can still precede. Where there are
-- none it makes them of all transfers; not while a person has to find out why they differed. Returns how many transfers it passed. One at a time; safe to repeat.
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

-- Once a day: compares every balance with the sum over all transfers. Where one differs the checkpoints are used no more, and a person has a task. Returns what differs.
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
--> statement-breakpoint
-- Takes refuted money back off the books wherever it stands: suspense, the customer's credit, a sale with its VAT, a booking's escrow, savings. What was released or spent
-- meanwhile becomes a receivable with a task: no balance goes below zero silently. Repayments of loans are reversed before (take-back-deposit.ts), into suspense. The
-- payment is `reversed` and never open again; its invoice gets a credit note. Returns false when the deposit is not refuted, or was taken back before.
create or replace function take_back_1(p_deposit uuid, p_now timestamptz) returns boolean language plpgsql as $$
declare
  d deposits;
  told text;
  place record;
  holds bigint;
  leg int := 0;
  left_cents bigint;
  payment payments;
  invoice invoices;
  note uuid;
begin
  perform from payments where id = (select payment_id from deposits where id = p_deposit) for update;
  select * into d from deposits where id = p_deposit and refuted_at is not null and taken_back_at is null and confirmed_at is null for update;
  if not found then return false; end if;
  told := case when d.shortcode is null then 'paybill_float' else own_account_1('paybill_told', d.shortcode) end;
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
      perform book_1('taken_back', d.id, leg, place.account, told, holds, p_now);
    end if;
  end loop;
  if left_cents > 0 then
    perform book_1('taken_back', d.id, leg + 1, 'receivables', told, left_cents, p_now);
    perform open_task_1('taken_back_short', d.id::text, p_now);
  end if;

  for payment in select * from payments p where p.counted_deposit_id = d.id for update loop
    update payments set status = 'reversed', failure_code = 'refuted' where id = payment.id;
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
  return true;
end $$;
