-- What money repaid, when it is proved or taken back (tell_closed_1, undoRepayments).
create index concurrently if not exists repayments_deposit on repayments (deposit_id)
