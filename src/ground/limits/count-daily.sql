-- Counts one event against a cap that everybody shares on one Nairobi day, exact under concurrency, and refuses it over the cap. The last fifth is for those we know. Whoever
-- uses up the first half opens a task.
create function count_daily_1(p_what text, p_most int, p_known boolean, p_now timestamptz) returns void language plpgsql as $$
declare
  day text := day_key_1(p_what, p_now);
  n int := count_up_1(day, case when p_known then p_most else p_most - p_most / 5 end);
begin
  if n is null then perform refuse('daily_cap'); end if;
  if n = (p_most + 1) / 2 then perform open_task_1('daily_limit_half_used', day, p_now); end if;
end $$;
--> statement-breakpoint

-- Counts one event against a network's share of such a cap, and refuses it over the share. The share is a quarter, so that no network closes the day for the others.
create function count_share_1(p_what text, p_network text, p_most int, p_now timestamptz) returns void language plpgsql as $$
begin
  if count_up_1(day_key_1(p_what || ':' || p_network, p_now), (p_most + 3) / 4) is null then perform refuse('too_many_requests'); end if;
end $$;
--> statement-breakpoint

-- Adds one to a counter. Returns the new count, or null if it stood at `p_most` already.
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

-- The key of a counter for the Nairobi day of a moment.
create function day_key_1(p_what text, p_now timestamptz) returns text language sql stable as $$
  select p_what || ':' || (p_now at time zone 'Africa/Nairobi')::date
$$;
