-- The latest balances of a short code, whether a newer one was told, and which short codes have any.
create index concurrently if not exists inquiries_balances on inquiries (kind, shortcode, asked_at, id) where state = 'answered' and says = 'done'
