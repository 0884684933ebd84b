-- The loans in a state.
create index concurrently if not exists loans_state on loans (state, applied_at, id)
