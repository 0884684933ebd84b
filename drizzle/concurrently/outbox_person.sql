-- What was sent to one person: the timeline of a member.
create index concurrently if not exists outbox_person on outbox ((message ->> 'personId'))
