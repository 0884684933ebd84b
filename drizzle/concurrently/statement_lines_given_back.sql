-- What statements show as given back in the portal, by the payment's receipt: each success asks.
create index concurrently if not exists statement_lines_given_back on statement_lines (coalesce(linked_receipt, receipt)) where finding = 'reversed' and direction = 'out'
