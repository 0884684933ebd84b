-- The payouts in a state.
create index concurrently if not exists payouts_state on payouts (state, id)
