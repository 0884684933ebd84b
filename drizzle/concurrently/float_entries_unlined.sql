-- What people have booked of the organisation's own money, for the lines of statements that tell of it.
create index concurrently if not exists float_entries_unlined on float_entries (shortcode, kind) where line_key is null
