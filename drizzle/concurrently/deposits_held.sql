-- The notices that wait.
create index concurrently if not exists deposits_held on deposits (held_until) where held_until is not null
