import { sql } from 'drizzle-orm';
import { rowsOf } from '#ground/db/rows.ts';
import { PAYMENT_COLUMNS, PaymentRow, presentPayment } from '../../payments/present-payment.ts';
import { type EventObjects, idsSql, VERSION, Versioned } from './event-object.ts';

/** A payment as GET /api/payments/:id shows it, without what is meant for its payer, and without its metadata: whoever pays may write there what they like, a name or a phone number too. */
export const paymentObjects: EventObjects = {
  select: (ids) => sql`select ${VERSION}, ${PAYMENT_COLUMNS} where p.id = ${idsSql(ids)}`,
  read: (rows, now) =>
    rowsOf(PaymentRow.extend(Versioned.shape), rows).map((row) => {
      const { maskedPhone: _, customerMessage: __, expiresAt: ___, metadata: ____, ...payment } = presentPayment(row, now);
      return { id: row.id, version: row.version, state: { object: 'payment', ...payment } };
    }),
};
