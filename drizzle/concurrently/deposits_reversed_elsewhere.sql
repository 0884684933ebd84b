-- What was given back in the portal in some hours.
create index concurrently if not exists deposits_reversed_elsewhere on deposits (shortcode, reversed_elsewhere_at) where reversed_elsewhere_at is not null
