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
