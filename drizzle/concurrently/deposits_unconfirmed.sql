-- What is only told.
create index concurrently if not exists deposits_unconfirmed on deposits (amount_cents, settled_at) where confirmed_at is null and merged_into is null
