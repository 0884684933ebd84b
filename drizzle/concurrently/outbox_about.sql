-- What was sent about one thing: its timeline. Alerts and questions to Safaricom are about none of them.
create index concurrently if not exists outbox_about on outbox ((coalesce(message ->> 'invoiceId', message ->> 'withdrawalId', message ->> 'payoutId', message ->> 'depositId', message ->> 'subjectId', message ->> 'memberId')))
  where coalesce(message ->> 'invoiceId', message ->> 'withdrawalId', message ->> 'payoutId', message ->> 'depositId', message ->> 'subjectId', message ->> 'memberId') is not null
