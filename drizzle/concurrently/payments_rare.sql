-- The same as payments_rare_state, for the last release.
create index concurrently if not exists payments_rare on payments (rare_status, created_at, id) where rare_status is not null
