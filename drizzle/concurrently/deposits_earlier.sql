-- What an earlier release booked: nothing once it is gathered.
create index concurrently if not exists deposits_earlier on deposits (id) where shortcode is null and merged_into is null
