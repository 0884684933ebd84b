-- Whether a task was opened before, also one that is closed.
create index concurrently if not exists reviews_subject on reviews (subject, kind)
