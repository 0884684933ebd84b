-- What is only told, for the evidence of its time that lacks it (refute_absent_1).
create index concurrently if not exists deposits_told on deposits (shortcode, moved_at) where confirmed_at is null and merged_into is null and refuted_at is null
