-- Forgetting the counters of past days, which end with their day.
create index concurrently if not exists counters_day on counters (right(key, 10) collate "C")
