import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { OpenCall } from '#ground/call.ts';
import { decrypted, readRows } from '#ground/db/rows.ts';
import { AppError } from '#ground/errors.ts';
import { askSafaricom } from '#mpesa/payments/ask-safaricom.ts';
import { claimQueriesSql } from '#mpesa/payments/query-ladder.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { PAYMENT_COLUMNS, PaymentRow, presentPayment } from './present-payment.ts';

const WithClaim = PaymentRow.extend({ askedId: z.uuid().nullable(), askedCheckout: decrypted('checkout_request_id').nullable() });

/** A payment as its payer's page sees it. Throws `payment_not_found`. One round trip. */
export async function readPayment({ db, clock }: Pick<App, 'db' | 'clock'>, paymentId: string): Promise<ReturnType<typeof presentPayment>> {
  const [row] = await readRows(db, PaymentRow, sql`select ${PAYMENT_COLUMNS} where p.id = ${paymentId}::uuid`);
  if (!row) throw new AppError('payment_not_found', 'There is no such payment.');
  return presentPayment(row, clock.now());
}

/**
 * The status of a payment for a page that polls, in one round trip. When Safaricom's callback is late, this call may claim the next query to Safaricom; it
 * sends the query after it has answered the page, and the next poll sees the result.
 */
export async function pollPayment(app: App, { id }: { id: string }, { later }: Pick<OpenCall, 'later'>) {
  const now = app.clock.now();
  const which = sql`select latest_attempt_id from payments where id = ${id}::uuid`;
  const [row] = await readRows(
    app.db,
    WithClaim,
    sql`with asked as (${claimQueriesSql(which, now)})
    select asked.id as asked_id, asked.checkout_request_id as asked_checkout, ${PAYMENT_COLUMNS} left join asked on true where p.id = ${id}::uuid`,
  );
  if (!row) throw new AppError('payment_not_found', 'There is no such payment.');
  const { askedId, askedCheckout } = row;
  if (askedId && askedCheckout) later(() => askSafaricom(app, { id: askedId, checkoutRequestId: askedCheckout }));
  return presentPayment(row, now);
}
