import { type SQL, sql } from 'drizzle-orm';

/** Whether a payment has an invoice or a receipt, which a credit note can take back. `payment` is an SQL expression of its id. */
export const isInvoicedSql = (payment: SQL): SQL =>
  sql`exists (select from invoices i where i.payment_id = ${payment} and i.kind <> 'credit_note')`;
