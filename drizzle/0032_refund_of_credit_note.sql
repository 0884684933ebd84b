ALTER TABLE "invoices" ADD COLUMN "refund_id" uuid;
--> statement-breakpoint
-- credit notes of before: by the promise of their mail, else where a payment has one of them and one refund
update invoices i set refund_id = p.id
from outbox o join payouts p on o.dedupe_key = 'credit_note:' || p.id
where i.kind = 'credit_note' and o.message ->> 'kind' = 'invoice_email' and o.message ->> 'invoiceId' = i.id::text;
--> statement-breakpoint
update invoices i set refund_id = r.ids[1]
from (select payment_id, array_agg(id) as ids from payouts where state = 'paid' and kind in ('refund', 'reversal') and source_account = 'refunds' group by payment_id) r
where i.kind = 'credit_note' and i.refund_id is null and r.payment_id = i.payment_id and cardinality(r.ids) = 1
  and not exists (select from invoices n where n.payment_id = i.payment_id and n.kind = 'credit_note' and n.id <> i.id);
