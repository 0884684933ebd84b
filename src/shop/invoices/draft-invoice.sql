-- Drafts a payment's invoice, without a number yet, and promises its e-mail if the customer gave an address. The invoice's id is the payment's. Safe to repeat.
create function draft_invoice_1(payment payments, p_kind text, p_lines jsonb, p_vat jsonb, p_now timestamptz) returns void language plpgsql as $$
begin
  insert into invoices (id, payment_id, kind, lines, vat, total_cents, rounding_cents, created_at)
  values (payment.id, payment.id, p_kind, p_lines, p_vat, payment.owed_cents, payment.amount_cents - payment.owed_cents, p_now)
  on conflict do nothing;
  if payment.email is not null then
    perform promise_1('invoice:' || payment.id, jsonb_build_object('kind', 'invoice_email', 'invoiceId', payment.id), p_now);
  end if;
end $$;
