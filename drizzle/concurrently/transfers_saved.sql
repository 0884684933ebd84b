-- The statement of a member's savings: what came.
create index concurrently if not exists transfers_saved on transfers (credit_account) where credit_account like 'savings:%'
