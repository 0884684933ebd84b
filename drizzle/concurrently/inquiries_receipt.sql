-- What Safaricom was asked about one M-PESA code: the timeline of its money.
create index concurrently if not exists inquiries_receipt on inquiries (receipt) where receipt is not null
