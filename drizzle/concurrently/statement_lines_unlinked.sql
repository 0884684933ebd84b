-- Reversals whose payment nobody has said: whatever is given back, and each receipt that is heard of, asks.
create index concurrently if not exists statement_lines_unlinked on statement_lines (statement_id, receipt) where finding = 'reversed' and verdict = 'unlinked'
