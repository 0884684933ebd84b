-- The nights that have something left to do.
create index concurrently if not exists runs_open on runs (as_of) where finished_at is null
