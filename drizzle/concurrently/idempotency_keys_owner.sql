-- The answer that a key got is kept by the attempt that won it.
create index concurrently if not exists idempotency_keys_owner on idempotency_keys (owner_id)
