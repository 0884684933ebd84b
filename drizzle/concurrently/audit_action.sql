-- When something was done. That payments were paid is found by time: it is in most moments, and so settling one writes to one index less.
create index concurrently if not exists audit_action on audit (action, happened_at, id) where action <> 'payment_paid'
