-- What moved at a short code between two balances, and the report of a day's evidence.
create index concurrently if not exists deposits_moved on deposits (shortcode, moved_at)
