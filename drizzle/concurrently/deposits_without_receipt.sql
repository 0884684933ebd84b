-- The successes of an amount that have no receipt yet.
create index concurrently if not exists deposits_without_receipt on deposits (amount_cents, settled_at) where receipt is null and merged_into is null
