import { sql } from 'drizzle-orm';
import { rowsOf } from '#ground/db/rows.ts';
import { PAYMENT_COLUMNS, PaymentRow, presentPayment } from '../../payments/present-payment.ts';
import { type EventObjects, idsSql, VERSION, Versioned } from './event-object.ts';

/** A payment as GET /api/payments/:id shows it, without what is meant for its payer. */
export const paymentObjects: EventObjects = {
  select: (ids) => sql`select ${VERSION}, ${PAYMENT_COLUMNS} where p.id = ${idsSql(ids)}`,
  read: (rows, now) =>
    rowsOf(PaymentRow.extend(Versioned.shape), rows).map((row) => {
      const { maskedPhone: _, customerMessage: __, expiresAt: ___, ...payment } = presentPayment(row, now);
      return { id: row.id, version: row.version, state: { object: 'payment', ...payment } };
    }),
};
