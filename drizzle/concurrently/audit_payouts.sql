-- Whether the end of a payout is on the trail.
create index concurrently if not exists audit_payouts on audit (subject) where action like 'payout_%'
