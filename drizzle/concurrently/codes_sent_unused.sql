-- Forgetting codes that nobody signed in with.
create index concurrently if not exists codes_sent_unused on codes_sent (expires_at) where signed_in_at is null
