-- The history of payments that expired, were reversed or refunded.
create index concurrently if not exists payments_rare_state on payments (rare_state, created_at, id) where rare_state is not null
