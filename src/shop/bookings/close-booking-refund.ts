import { sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { markGivenBackSql } from '#mpesa/payments/end-payments.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** Says the message `refund_paid` for a booking: its payment is `refunded` once the money has got there. Nothing happens for refunds of others. Safe to call twice. */
export const closeBookingRefund: Deliver<'refund_paid', App> = async ({ db, clock }: Pick<App, 'db' | 'clock'>, { payoutId }) => {
  const booking = sql`(select b.id from bookings b where b.payout_id = (select id from payouts where id = ${payoutId}::uuid and kind = 'refund' and state = 'paid'))`;
  await db.execute(sql`
  with refunded as (
    ${markGivenBackSql(booking, { status: 'refunded' })}
  ), audited as (${recordSql({
    ...{ actor: 'safaricom', action: 'booking_fee_refunded', subject: sql`id::text`, happenedAt: clock.now(), from: sql`refunded` },
    ...{ before: sql`to_jsonb('paid'::text)`, after: sql`jsonb_build_object('status', 'refunded', 'payoutId', ${payoutId}::text)` },
  })})
  select`);
  return undefined;
};
