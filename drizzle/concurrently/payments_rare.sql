-- The history of payments that expired, were reversed or refunded.
create index concurrently if not exists payments_rare on payments (rare_status, created_at, id) where rare_status is not null
