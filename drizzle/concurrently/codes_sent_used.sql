-- Forgetting from where a phone signed in.
create index concurrently if not exists codes_sent_used on codes_sent (signed_in_at) where signed_in_at is not null
