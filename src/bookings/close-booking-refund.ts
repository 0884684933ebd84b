import { sql } from 'drizzle-orm';
import type { App } from '../app.ts';
import type { Deliver } from '../outbox/drain.ts';

/** Says the message `refund_paid` for a booking: its payment is `refunded` once the money has got there. Nothing happens for refunds of others. Safe to call twice. */
export const closeBookingRefund: Deliver<'refund_paid'> = async ({ db }: Pick<App, 'db'>, { payoutId }) => {
  await db.execute(sql`
    update payments p set status = 'refunded' from bookings b
    where p.id = b.id and p.status = 'paid' and b.payout_id = (select id from payouts where id = ${payoutId}::uuid and kind = 'refund' and state = 'paid')`);
  return undefined;
};
