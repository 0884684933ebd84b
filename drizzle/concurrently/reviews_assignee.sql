-- The tasks that one person has or had, in the order of time.
create index concurrently if not exists reviews_assignee on reviews (assignee, opened_at, id) where assignee is not null
