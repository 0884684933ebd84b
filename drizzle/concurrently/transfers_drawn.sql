-- The statement of a member's savings: what went.
create index concurrently if not exists transfers_drawn on transfers (debit_account) where debit_account like 'savings:%'
