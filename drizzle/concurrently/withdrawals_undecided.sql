-- What may have been paid out, when a balance was told.
create index concurrently if not exists withdrawals_undecided on withdrawals (dispatched_at) where state in ('dispatched', 'unknown')
