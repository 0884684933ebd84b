-- Forgetting what was said long ago.
create index concurrently if not exists digests_said on digests (said_at) where said_at is not null
