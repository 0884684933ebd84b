-- Counts one time against a cap for everybody together on one Nairobi day, exact under concurrency. The last fifth of it is for those we know. Over it, it refuses.
-- Whoever uses up the first half opens a task.
create function count_daily_1(p_what text, p_most int, p_known boolean, p_now timestamptz) returns void language plpgsql as $$
declare
  day text := day_key_1(p_what, p_now);
  n int := count_up_1(day, case when p_known then p_most else p_most - p_most / 5 end);
begin
  if n is null then perform refuse('daily_cap'); end if;
  if n = (p_most + 1) / 2 then perform open_task_1('daily_limit_half_used', day, p_now); end if;
end $$;
--> statement-breakpoint

-- Counts one time against a network's share of such a cap: a quarter, so that no network closes the day for the others. Over it, it refuses.
create function count_share_1(p_what text, p_network text, p_most int, p_now timestamptz) returns void language plpgsql as $$
begin
  if count_up_1(day_key_1(p_what || ':' || p_network, p_now), (p_most + 3) / 4) is null then perform refuse('too_many_requests'); end if;
end $$;
--> statement-breakpoint

-- One more on a counter: what it stands at now, or nothing where it stood at so many already.
create function count_up_1(p_key text, p_most int) returns int language plpgsql as $$
declare
  n int;
begin
  insert into counters as c (key, count) values (p_key, 1)
  on conflict (key) do update set count = c.count + 1 where c.count < p_most
  returning c.count into n;
  return n;
end $$;
--> statement-breakpoint

-- The counter of something on the Nairobi day of a moment.
create function day_key_1(p_what text, p_now timestamptz) returns text language sql stable as $$
  select p_what || ':' || (p_now at time zone 'Africa/Nairobi')::date
$$;
