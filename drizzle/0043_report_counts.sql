-- Reports by day were read from all rows of their days: now days are counted as they go, and what changes late is counted again.
CREATE TABLE "count_mark" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"final_before" timestamp with time zone,
	"watched_before" timestamp with time zone,
	"watched_tx" "xid8",
	"recounted_on" date,
	"transfers_upto" "xid8",
	"of_table" "oid",
	CONSTRAINT "count_mark_only" CHECK ("count_mark"."is_only")
);
--> statement-breakpoint
CREATE TABLE "day_counts" (
	"day" date NOT NULL,
	"figure" text NOT NULL,
	"counts" jsonb NOT NULL,
	CONSTRAINT "day_counts_pk" PRIMARY KEY("figure","day")
);
--> statement-breakpoint
CREATE TABLE "late_slots" (
	"id" uuid PRIMARY KEY NOT NULL,
	"slot" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ledger_days" (
	"day" date NOT NULL,
	"kind" text NOT NULL,
	"debit" text NOT NULL,
	"credit" text NOT NULL,
	"transfers" integer NOT NULL,
	"amount_cents" bigint NOT NULL,
	CONSTRAINT "ledger_days_pk" PRIMARY KEY("day","kind","debit","credit")
);
--> statement-breakpoint
CREATE TABLE "slot_counts" (
	"slot" timestamp with time zone NOT NULL,
	"figure" text NOT NULL,
	"counts" jsonb NOT NULL,
	CONSTRAINT "slot_counts_pk" PRIMARY KEY("slot","figure")
);
--> statement-breakpoint
CREATE TABLE "sent_days" (
	"day" date NOT NULL,
	"channel" text NOT NULL,
	"kind" text NOT NULL,
	"messages" integer NOT NULL,
	"parts" integer NOT NULL,
	CONSTRAINT "sent_days_pk" PRIMARY KEY("day","channel","kind"),
	CONSTRAINT "sent_days_channel" CHECK ("sent_days"."channel" in ('sms', 'email'))
);
--> statement-breakpoint
-- The ten minutes in which a moment lies. A day in Nairobi begins with one of them.
create function slot_of_1(p_at timestamptz) returns timestamptz language sql immutable parallel safe return
  date_bin('10 minutes', p_at, timestamptz '2000-01-01 00:00+00');
--> statement-breakpoint

-- What the slots from `p_from` and before `p_until` count, from the rows themselves: for each figure its keys, each with how many and how many cents.
--   payments   by when they were asked for: `purpose:state`
--   prompts    of these payments: `made`, `accepted` (Safaricom took it), `paid`
--   failures   of these prompts: `failed:code` or `expired:`
--   movements  by M-PESA's time: `short code:told first by:proved first by:told by a message`, as src/desk/reports/read-evidence.ts explains them
--   seconds    from prompt to M-PESA's time, of paid prompts: buckets that are 5 % wide
-- Without sequential scans: the planner cannot know how few rows these are.
create function counted_1(p_from timestamptz, p_until timestamptz) returns table (slot timestamptz, figure text, counts jsonb)
  language plpgsql stable set enable_seqscan = off as $$
begin
  return query
  with recursive codes as (
    (select d.shortcode from deposits d where d.shortcode is not null order by d.shortcode limit 1)
    union all
    select (select d.shortcode from deposits d where d.shortcode > c.shortcode order by d.shortcode limit 1) from codes c where c.shortcode is not null
  ), asked as materialized (
    select p.id, slot_of_1(p.created_at) as slot, p.purpose, coalesce(p.state, p.status) as state, p.amount_cents
    from payments p where p.created_at >= p_from and p.created_at < p_until
  ), prompted as materialized (
    select k.slot, a.state, a.result_code, a.checkout_hash is not null or a.state = 'paid' as accepted, a.amount_cents
    from asked k cross join lateral (select * from attempts a where a.payment_id = k.id) a
  ), moved as materialized (
    select d.id, slot_of_1(d.moved_at) as slot, d.shortcode, d.receipt, d.attempt_id, d.source, d.amount_cents, d.confirmed_at, d.moved_at
    from codes c cross join lateral (
      select * from deposits d where d.shortcode = c.shortcode and d.moved_at >= p_from and d.moved_at < p_until) d
    where d.merged_into is null and (d.taken_back_at is null or d.confirmed_at is not null) -- what was given back in the portal came nevertheless
  ), told as (
    select m.slot, m.amount_cents, m.shortcode,
      case when exists (select from recorded_receipts r where r.receipt = m.receipt and r.state = 'booked') then 'person'
        when t.debit_account like 'paybill_told%' or m.source = 'c2b' then 'notice' when m.source = 'stk' then coalesce(e.source, 'query') else m.source end as told_by,
      -- what proved it first: a list, where that was before any message
      case when m.confirmed_at is null then ''
        when least(e.received_at, s.received_at) <= m.confirmed_at or m.source = 'stk' and e.source is not null
          then case when s.received_at < e.received_at or e.received_at is null then 'status' else e.source end
        when m.source = 'stk' then 'query' when m.source <> 'c2b' then m.source else 'pull_or_statement' end as proved_by,
      exists (select from deposits o where o.merged_into = m.id and o.source = 'c2b')
        or exists (select from evidence v where v.subject_id = m.attempt_id and v.source = 'callback' and v.verdict in ('pays', 'names', 'known'))
        or exists (select from evidence v where v.subject_id = m.id and v.source = 'c2b'
          and not exists (select from recorded_receipts r where r.body_hash = v.body_hash)) as told_later
    from moved m
    left join transfers t on t.kind = 'mpesa_in' and t.source_id = m.id::text and t.leg = 1
    left join lateral (
      select v.source, v.received_at from evidence v where v.subject_id = m.attempt_id and v.source in ('callback', 'query') and v.verdict = 'pays'
      order by v.received_at, v.id limit 1
    ) e on true
    left join lateral (
      select min(v.received_at) as received_at from evidence v where v.subject_id = m.id and v.source = 'transaction-status' and v.verdict = 'confirms'
    ) s on true
  ), keyed as (
    select k.slot, 'payments' as figure, k.purpose || ':' || k.state as key, k.amount_cents from asked k
    union all select p.slot, 'prompts', 'made', p.amount_cents from prompted p
    union all select p.slot, 'prompts', 'accepted', p.amount_cents from prompted p where p.accepted
    union all select p.slot, 'prompts', 'paid', p.amount_cents from prompted p where p.state = 'paid'
    union all select p.slot, 'failures', p.state || ':' || case p.state when 'failed' then coalesce(p.result_code, '') else '' end, p.amount_cents
    from prompted p where p.state in ('failed', 'expired')
    union all select o.slot, 'movements', concat_ws(':', o.shortcode, o.told_by, o.proved_by, case when o.told_by in ('callback', 'notice') or o.told_later then 'told' else 'missed' end),
      o.amount_cents from told o
    union all select m.slot, 'seconds', round(ln(greatest(1, extract(epoch from m.moved_at - a.created_at))) / ln(1.05))::text, m.amount_cents
    from moved m join attempts a on a.id = m.attempt_id
  ), summed as (
    select k.slot, k.figure, k.key, count(*) as many, sum(k.amount_cents)::bigint as cents from keyed k group by 1, 2, 3
  )
  select s.slot, s.figure, jsonb_object_agg(s.key, jsonb_build_array(s.many, s.cents)) from summed s group by 1, 2;
end $$;
--> statement-breakpoint
-- Reports read days, and days are sums of slots of ten minutes. Each minute the newest slots are counted anew from the rows themselves. Once a slot is final only a late change can
-- make it wrong: a late success, a reversal, a proof that comes days later. Triggers note these changes in `late_slots`, in their own transactions and whoever makes them, and
-- the next minute counts those slots again. Nothing is added to or taken from a count, so a count cannot drift.
--
-- No change can be missed between the two: slots are watched (the triggers note their changes) from a moment on that is committed, and are final only when every transaction
-- that may not have seen this moment has ended and they were counted once more. So a change in time, which is nearly every one, writes nothing.

-- Notes that something changed in the slot of a moment, if that slot is watched.
create function note_change_1(p_at timestamptz) returns void language plpgsql as $$
begin
  if p_at < (select m.watched_before from count_mark m) then
    insert into late_slots (id, slot) values (new_id_1(), slot_of_1(p_at));
  end if;
end $$;
--> statement-breakpoint

create function note_payment_1() returns trigger language plpgsql as $$
begin
  perform note_change_1(new.created_at);
  return null;
end $$;
--> statement-breakpoint

-- A prompt counts in the slot of its payment.
create function note_attempt_1() returns trigger language plpgsql as $$
begin
  perform note_change_1((select p.created_at from payments p where p.id = new.payment_id));
  return null;
end $$;
--> statement-breakpoint

-- A movement counts at M-PESA's time, which may be corrected; what it is merged into was told by it.
create function note_deposit_1() returns trigger language plpgsql as $$
begin
  perform note_change_1(new.moved_at);
  if tg_op = 'UPDATE' and old.moved_at is distinct from new.moved_at then perform note_change_1(old.moved_at); end if;
  if new.merged_into is not null then perform note_change_1((select d.moved_at from deposits d where d.id = new.merged_into)); end if;
  return null;
end $$;
--> statement-breakpoint

-- A message about money that was known already: a movement that was missed was told after all. (What makes a movement comes with its row.)
create function note_evidence_1() returns trigger language plpgsql as $$
begin
  perform note_change_1(d.moved_at) from deposits d where d.id = new.subject_id or d.attempt_id = new.subject_id;
  return null;
end $$;
--> statement-breakpoint

-- Counts the slots from `p_from` and before `p_until` anew. Writes only what differs, and returns the days in which something did.
create function count_slots_1(p_from timestamptz, p_until timestamptz) returns setof date language plpgsql as $$
begin
  return query
  with fresh as materialized (
    select * from counted_1(p_from, p_until)
  ), gone as (
    delete from slot_counts s where s.slot >= p_from and s.slot < p_until
      and not exists (select from fresh f where f.slot = s.slot and f.figure = s.figure)
    returning s.slot
  ), kept as (
    insert into slot_counts as s (slot, figure, counts)
    select f.slot, f.figure, f.counts from fresh f left join slot_counts k on k.slot = f.slot and k.figure = f.figure where k.counts is distinct from f.counts
    on conflict (slot, figure) do update set counts = excluded.counts
    returning s.slot
  )
  select distinct (c.slot at time zone 'Africa/Nairobi')::date from (select g.slot from gone g union all select k.slot from kept k) c;
end $$;
--> statement-breakpoint

-- Sums the slots of some days.
create function sum_days_1(p_days date[]) returns void language plpgsql as $$
begin
  with fresh as materialized (
    select k.day, k.figure, jsonb_object_agg(k.key, jsonb_build_array(k.many, k.cents)) as counts
    from (
      select d.day, s.figure, c.key, sum((c.value ->> 0)::bigint) as many, sum((c.value ->> 1)::bigint) as cents
      from (select distinct u.day from unnest(p_days) as u(day)) d
      join slot_counts s on s.slot >= d.day::timestamp at time zone 'Africa/Nairobi' and s.slot < (d.day + 1)::timestamp at time zone 'Africa/Nairobi'
      cross join lateral jsonb_each(s.counts) c
      group by 1, 2, 3
    ) k group by 1, 2
  ), gone as (
    delete from day_counts o where o.day = any(p_days) and not exists (select from fresh f where f.day = o.day and f.figure = o.figure)
  )
  insert into day_counts (day, figure, counts) select f.day, f.figure, f.counts from fresh f
  on conflict (figure, day) do update set counts = excluded.counts;
end $$;
--> statement-breakpoint

-- Counts what is new and what has changed late. A database with a history is counted from its first payment on, a day with each call: `behind` asks for another call. Only one
-- run works at a time; safe to repeat, and cut off at any moment.
create function count_reports_1(p_now timestamptz, out changed int, out behind boolean) language plpgsql as $$
declare
  mark count_mark;
  snapshot pg_snapshot;
  late timestamptz[];
  days date[] := '{}';
  is_far boolean;  -- it catches up with a history
  is_safe boolean; -- every change in watched slots is noted from now on, or was seen by what is counted now
  taken int;
  slot timestamptz;
begin
  changed := 0;
  behind := false;
  select * into mark from count_mark for update skip locked;
  if not found then return; end if; -- another run is at it
  select pg_current_snapshot() into snapshot; -- after the mark was read: whoever has not seen it has a lower number than `xmax`
  if mark.watched_before is null then
    update count_mark set watched_before = slot_of_1(p_now), final_before =
      slot_of_1(least(p_now, (select min(p.created_at) from payments p), (select min(d.moved_at) from deposits d)));
    behind := true;
    return;
  end if;
  with gone as (delete from late_slots where id = any(array(select l.id from late_slots l limit 5000)) returning late_slots.slot)
  select array_agg(distinct g.slot), count(*) into late, taken from gone g;

  is_far := mark.final_before < mark.watched_before - interval '1 day';
  is_safe := coalesce(mark.watched_tx <= pg_snapshot_xmin(snapshot), false);
  if is_safe or not is_far then
    days := array(select count_slots_1(mark.final_before, case when is_far then mark.final_before + interval '1 day' else 'infinity' end));
  end if;
  foreach slot in array coalesce(late, '{}') loop
    if slot < mark.final_before then days := days || array(select count_slots_1(slot, slot + interval '10 minutes')); end if;
  end loop;
  if cardinality(days) > 0 then perform sum_days_1(days); end if;

  if mark.watched_tx is null then
    update count_mark set watched_tx = pg_snapshot_xmax(snapshot);
  elsif mark.watched_tx > pg_snapshot_xmax(snapshot) then
    update count_mark set watched_tx = pg_snapshot_xmax(snapshot); -- a copy on another server, which has other numbers
  elsif is_safe and mark.final_before < mark.watched_before then
    update count_mark set final_before = case when is_far then final_before + interval '1 day' else watched_before end;
  elsif is_safe and exists (select from slot_counts s where s.slot >= mark.watched_before and s.slot < slot_of_1(p_now - interval '10 minutes')) then
    update count_mark set watched_before = slot_of_1(p_now - interval '10 minutes'), watched_tx = null;
  end if;
  changed := cardinality(days);
  behind := taken = 5000 or is_far and (is_safe or mark.watched_tx is null);
end $$;
--> statement-breakpoint

-- Whether a count may find anything: a history that is not counted yet, a change in a watched slot, a transfer, or anything at all in a slot that is not final.
create function reports_due_1() returns boolean language plpgsql stable set enable_seqscan = off as $$
declare
  mark count_mark;
begin
  select * into mark from count_mark;
  return mark.final_before is null or mark.transfers_upto is null or mark.of_table is distinct from 'transfers'::regclass::oid
    or mark.final_before < mark.watched_before - interval '1 day'
    or exists (select from late_slots)
    or exists (select from transfers t where t.tx >= mark.transfers_upto)
    or exists (select from slot_counts s where s.slot >= mark.final_before)
    or exists (select from payments p where p.created_at >= mark.final_before)
    or exists (
      with recursive codes as (
        (select d.shortcode from deposits d where d.shortcode is not null order by d.shortcode limit 1)
        union all
        select (select d.shortcode from deposits d where d.shortcode > c.shortcode order by d.shortcode limit 1) from codes c where c.shortcode is not null
      )
      select from codes c cross join lateral (select from deposits d where d.shortcode = c.shortcode and d.moved_at >= mark.final_before limit 1) d);
end $$;
--> statement-breakpoint

-- Once a day: counts the slots of the last three days again, when no late change waits. Nothing should differ; returns in how many days something did.
create function recount_reports_1(p_day date) returns int language plpgsql as $$
declare
  mark count_mark;
  days date[];
begin
  select * into mark from count_mark where recounted_on is distinct from p_day and final_before is not null for update skip locked;
  if not found or exists (select from late_slots) then return 0; end if;
  days := array(select count_slots_1(mark.final_before - interval '3 days', mark.final_before));
  if cardinality(days) > 0 then perform sum_days_1(days); end if;
  update count_mark set recounted_on = p_day;
  return cardinality(days);
end $$;
--> statement-breakpoint
-- Adds the transfers that no running transaction can still precede to the days on which they were booked, each once: a transfer is never changed, and the mark moves in the same
-- transaction, by the numbers of transactions as that of the checkpoints does (src/books/ledger/checkpoints.sql). At most `p_most` at a time, never a part of one transaction; all of
-- them where there is no mark. Returns how many it added. Only one run works at a time; safe to repeat.
create function count_transfers_1(p_most int) returns bigint language plpgsql set enable_seqscan = off as $$
declare
  mark count_mark;
  horizon xid8 := pg_snapshot_xmin(pg_current_snapshot());
  until xid8;
  is_first boolean;
  passed bigint;
begin
  select * into mark from count_mark for update skip locked;
  if not found then return 0; end if; -- another run is at it
  is_first := mark.transfers_upto is null or mark.of_table is distinct from 'transfers'::regclass::oid;
  if is_first then
    delete from ledger_days;
    until := horizon;
  else
    until := coalesce((select t.tx from transfers t where t.tx >= mark.transfers_upto and t.tx < horizon order by t.tx offset p_most limit 1), horizon);
    if until = mark.transfers_upto then until := (until::text::numeric + 1)::text::xid8; end if;
    if until > horizon then return 0; end if;
  end if;
  with passing as materialized (
    select t.* from transfers t where not is_first and t.tx >= mark.transfers_upto and t.tx < until
    union all select t.* from transfers t where is_first and (t.tx is null or t.tx < until)
  ), added as (
    insert into ledger_days as l (day, kind, debit, credit, transfers, amount_cents)
    select (t.booked_at at time zone 'Africa/Nairobi')::date, t.kind, shown_account_1(t.debit_account), shown_account_1(t.credit_account), count(*), sum(t.amount_cents)
    from passing t group by 1, 2, 3, 4
    on conflict (day, kind, debit, credit) do update set transfers = l.transfers + excluded.transfers, amount_cents = l.amount_cents + excluded.amount_cents
  )
  select count(*) into passed from passing;
  if passed > 0 or is_first then update count_mark set transfers_upto = until, of_table = 'transfers'::regclass; end if; -- an idle minute writes nothing
  return passed;
end $$;
--> statement-breakpoint

-- The account of `ledger_days`: those of single loans and of single savings are too many to be told apart.
create function shown_account_1(p_account text) returns text language sql immutable return
  case when p_account like 'loan:%' or p_account like 'savings:%' then split_part(p_account, ':', 1) else p_account end;
--> statement-breakpoint
insert into count_mark default values;
--> statement-breakpoint
create trigger payments_added after insert on payments for each row execute function note_payment_1();
--> statement-breakpoint
create trigger payments_changed after update on payments for each row
  when (coalesce(old.state, old.status) is distinct from coalesce(new.state, new.status)) execute function note_payment_1();
--> statement-breakpoint
create trigger attempts_added after insert on attempts for each row execute function note_attempt_1();
--> statement-breakpoint
create trigger attempts_changed after update on attempts for each row
  when ((old.state, old.result_code, old.checkout_hash is null) is distinct from (new.state, new.result_code, new.checkout_hash is null)) execute function note_attempt_1();
--> statement-breakpoint
create trigger deposits_added after insert on deposits for each row execute function note_deposit_1();
--> statement-breakpoint
create trigger deposits_changed after update on deposits for each row
  when ((old.shortcode, old.moved_at, old.attempt_id, old.source, old.amount_cents, old.confirmed_at, old.merged_into, old.taken_back_at)
    is distinct from (new.shortcode, new.moved_at, new.attempt_id, new.source, new.amount_cents, new.confirmed_at, new.merged_into, new.taken_back_at))
  execute function note_deposit_1();
--> statement-breakpoint
create trigger evidence_added after insert on evidence for each row
  when (new.subject_id is not null and new.verdict not in ('pays', 'arrives', 'fails', 'unclear')) execute function note_evidence_1();
