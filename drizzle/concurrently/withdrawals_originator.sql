-- Whose a result is, when its acknowledgement was lost.
create index concurrently if not exists withdrawals_originator on withdrawals (originator_conversation_id) where originator_conversation_id is not null
