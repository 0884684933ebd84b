-- Lines that may be payouts of ours whose end nobody has told yet.
create index concurrently if not exists statement_lines_unresolved on statement_lines (statement_id, n) where finding = 'unresolved' and verdict is null
