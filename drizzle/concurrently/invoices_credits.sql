-- The credit note of an invoice.
create index concurrently if not exists invoices_credits on invoices (credits_id) where credits_id is not null
