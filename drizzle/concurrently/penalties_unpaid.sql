-- The penalties that are still owed, for the report of arrears.
create index concurrently if not exists penalties_unpaid on penalties (loan_id) where amount_cents > paid_cents + waived_cents
