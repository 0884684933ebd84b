-- The payouts to a phone, by when they were requested.
create index concurrently if not exists payouts_payee on payouts (phone_hash, requested_at)
