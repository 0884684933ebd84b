-- The list of the open tasks, which are few among those that are closed, in the order of time.
create index concurrently if not exists reviews_waiting on reviews (opened_at, id) where closed_at is null
