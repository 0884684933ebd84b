-- What came after the checkpoints: each balance.
create index concurrently if not exists transfers_tx on transfers (tx)
