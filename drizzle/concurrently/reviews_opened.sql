-- The list of all tasks, closed ones too, in the order of time.
create index concurrently if not exists reviews_opened on reviews (opened_at, id)
