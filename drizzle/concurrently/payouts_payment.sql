-- What of a sale was given back.
create index concurrently if not exists payouts_payment on payouts (payment_id) where payment_id is not null
