-- Payments that money without a reference may be for. Without the status, so that a payment that is settled changes no index.
create index concurrently if not exists payments_amount on payments (amount_cents, created_at)
