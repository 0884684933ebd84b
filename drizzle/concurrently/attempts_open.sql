-- The prompts that a notice of an amount may be the echo of, and those whose time has passed.
create index concurrently if not exists attempts_open on attempts (amount_cents, created_at) where state in ('requested', 'pending', 'unknown')
