-- The history of payments that one caller asked for, who may have asked for few of many.
create index concurrently if not exists payments_caller on payments (caller, created_at, id)
