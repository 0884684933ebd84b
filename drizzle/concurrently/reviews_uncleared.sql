-- The tasks that closed by themselves, until it is said: none as a rule.
create index concurrently if not exists reviews_uncleared on reviews (closed_at) where closed_by = 'malipo' and alerted_at is not null and cleared_at is null
