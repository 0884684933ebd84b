-- What happened to one thing: its timeline, and the trail by subject.
create index concurrently if not exists audit_subject on audit (subject, happened_at, id)
