-- The rest of an invoice that no credit note has credited yet: the invoice as it was sold, or after a credit note one line per VAT class. Null where there is no invoice.
create function rest_of_invoice_1(invoice invoices, p_language text) returns invoices language plpgsql stable as $$
declare
  rest invoices := invoice;
begin
  if not exists (select from invoices n where n.credits_id = invoice.id) then return rest; end if;
  select invoice.total_cents - sum(n.total_cents), invoice.rounding_cents - sum(n.rounding_cents) into rest.total_cents, rest.rounding_cents
  from invoices n where n.credits_id = invoice.id;
  select jsonb_agg(jsonb_build_object('vatClass', class, 'basisPoints', basis_points, 'netCents', net::text, 'vatCents', vat::text) order by class) filter (where net + vat > 0)
  into rest.vat
  from (
    select v ->> 'vatClass' as class, max((v ->> 'basisPoints')::int) as basis_points, sum(sign * (v ->> 'netCents')::bigint) as net, sum(sign * (v ->> 'vatCents')::bigint) as vat
    from (select 1 as sign, invoice.vat as rows union all select -1, n.vat from invoices n where n.credits_id = invoice.id) i, jsonb_array_elements(i.rows) v group by 1
  ) left_over;
  select jsonb_agg(jsonb_build_object('sku', 'refund', 'name', case p_language when 'sw' then 'Pesa zilizorudishwa' else 'Given back' end, 'quantity', 1,
    'unitCents', cents::text, 'grossCents', cents::text, 'vatClass', v ->> 'vatClass')) into rest.lines
  from jsonb_array_elements(rest.vat) v, lateral (select (v ->> 'netCents')::bigint + (v ->> 'vatCents')::bigint as cents) gross;
  return rest;
end $$;
--> statement-breakpoint

-- The money of a sold payment was taken back: credits the rest of its invoice with a credit note, and promises that by e-mail. Does nothing where there is no invoice. Call it
-- under the lock of the payment.
create function credit_taken_back_1(payment payments, p_deposit uuid, p_now timestamptz) returns void language plpgsql as $$
declare
  invoice invoices;
  rest invoices; -- what no credit note has taken back of it
  note uuid;
begin
  select * into invoice from invoices i where i.payment_id = payment.id and i.kind <> 'credit_note';
  rest := rest_of_invoice_1(invoice, payment.language);
  if rest.total_cents > 0 then
    note := new_id_1();
    insert into invoices (id, payment_id, kind, credits_id, lines, vat, total_cents, rounding_cents, created_at)
    values (note, payment.id, 'credit_note', invoice.id, rest.lines, rest.vat, rest.total_cents, rest.rounding_cents, p_now);
    if payment.email is not null then perform promise_1('credit_note:' || p_deposit, jsonb_build_object('kind', 'invoice_email', 'invoiceId', note), p_now); end if;
  end if;
end $$;
