-- Whether a message told of a movement that was merged into another one: each movement of a day that reports count. A row that was never merged has no entry.
create index concurrently if not exists deposits_merged on deposits (merged_into) where merged_into is not null
