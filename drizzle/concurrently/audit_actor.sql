-- What one person or key did. Safaricom does most of all, and is found by time.
create index concurrently if not exists audit_actor on audit (actor, happened_at, id) where actor <> 'safaricom'
