-- The history of payments by an external reference, whoever gave it.
create index concurrently if not exists payments_external on payments (external_reference, created_at, id) where external_reference is not null
