-- Forgetting sessions that have ended by themselves.
create index concurrently if not exists ended_sessions_end on ended_sessions (ends_at)
