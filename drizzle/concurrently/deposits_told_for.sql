-- A success without a receipt looks here for receipts of its amount and time that a notice told for something else (doubt_receipt_1). Told money alone, so it stays small beside deposits.
create index concurrently if not exists deposits_told_for on deposits (amount_cents, moved_at) where source = 'c2b' and attempt_id is null and merged_into is null
