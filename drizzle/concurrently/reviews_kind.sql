-- The tasks of one kind, closed ones too, in the order of time.
create index concurrently if not exists reviews_kind on reviews (kind, opened_at, id)
