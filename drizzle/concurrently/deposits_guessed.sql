-- The successes of an amount that have a receipt by a guess.
create index concurrently if not exists deposits_guessed on deposits (amount_cents, settled_at) where tied_by in ('reference', 'payer', 'time')
