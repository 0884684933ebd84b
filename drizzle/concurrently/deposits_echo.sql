-- The notices of an amount that may be a prompt's echo.
create index concurrently if not exists deposits_echo on deposits (amount_cents, moved_at) where may_echo and attempt_id is null and merged_into is null
