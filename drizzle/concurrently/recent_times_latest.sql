-- Forgetting who has done nothing for a day.
create index concurrently if not exists recent_times_latest on recent_times ((times[cardinality(times)]))
