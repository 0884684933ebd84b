-- The successes whose receipt does not come, until they are handed over to a person.
create index concurrently if not exists deposits_nameless on deposits (settled_at) where receipt is null and merged_into is null and confirmation_due_at is null
