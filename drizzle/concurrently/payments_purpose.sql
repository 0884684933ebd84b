-- The history of one type of payments.
create index concurrently if not exists payments_purpose on payments (purpose, created_at, id)
