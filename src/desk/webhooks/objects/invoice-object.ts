import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { printNumber } from '#shop/invoices/print-number.ts';
import { type EventObjects, idsSql, printed, VERSION, Versioned } from './event-object.ts';

const Row = Versioned.extend({
  kind: z.enum(['invoice', 'receipt', 'credit_note']),
  year: z.number().nullable(),
  sequence: z.number().nullable(),
  paymentId: z.uuid(),
  totalCents: bigintText,
  issuedAt: instant.nullable(),
  sentAt: instant.nullable(),
});

/** An invoice, a receipt or a credit note. */
export const invoiceObjects: EventObjects = {
  select: (ids) => sql`
    select ${VERSION}, i.id, i.kind, i.year, i.sequence, i.payment_id, i.total_cents, i.issued_at, i.sent_at from invoices i where i.id = ${idsSql(ids)}`,
  read: (rows) =>
    rowsOf(Row, rows).map(({ id, version, kind, year, sequence, ...row }) => ({
      ...{ id, version },
      state: {
        ...{
          object: 'invoice',
          invoiceId: id,
          kind,
          number: year !== null && sequence !== null ? printNumber(kind, year, sequence) : null,
        },
        ...{ paymentId: row.paymentId, total: shillings(row.totalCents), issuedAt: printed(row.issuedAt), sentAt: printed(row.sentAt) },
        invoiceUrl: `/api/invoices/${id}.pdf`,
      },
    })),
};
