-- Counts one event against the sliding limits of a key, in one row per key, exact under concurrency. Each of `p_limits`, `{minutes, most}`, allows at most so many events
-- within the last so many minutes. Over any of them it refuses with `p_refusal`, and nothing is counted.
create function count_sliding_1(p_key text, p_limits jsonb, p_refusal text, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into recent_times as r (key, times) values (p_key, array[p_now])
  on conflict (key) do update set
    times = array(select t from unnest(r.times) t where t > p_now - (select max(l.minutes) from jsonb_to_recordset(p_limits) as l(minutes int)) * interval '1 minute') || p_now
  where not exists (
    select from jsonb_to_recordset(p_limits) as l(minutes int, most int)
    where (select count(*) from unnest(r.times) t where t > p_now - l.minutes * interval '1 minute') >= l.most);
  if not found then perform refuse(p_refusal); end if;
end $$;
