-- The trail by time.
create index concurrently if not exists audit_happened on audit (happened_at, id)
