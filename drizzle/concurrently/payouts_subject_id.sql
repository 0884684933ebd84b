-- The payouts of a deposit, a booking or a loan.
create index concurrently if not exists payouts_subject_id on payouts (subject_id)
