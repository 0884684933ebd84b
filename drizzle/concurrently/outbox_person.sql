-- What was sent to one person: the timeline of a member. Most messages are to no person of ours.
create index concurrently if not exists outbox_person on outbox ((message ->> 'personId')) where message ->> 'personId' is not null
