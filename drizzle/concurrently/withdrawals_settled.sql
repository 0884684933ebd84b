-- What was paid out between two balances.
create index concurrently if not exists withdrawals_settled on withdrawals (settled_at) where settled_at is not null
