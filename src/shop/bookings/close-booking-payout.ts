import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { recordSql } from '#ground/audit/record.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { markGivenBackSql } from '#mpesa/payments/end-payments.ts';
import { owedOfBookingSql } from '#mpesa/payouts/arrived-already.ts';
import { bookGivenTwice, leftForSubjectSql } from '#mpesa/payouts/book-given-twice.ts';
import type { App } from '#mpesa/wiring/app.ts';

const Row = z.object({ bookingId: z.uuid() });

/**
 * Handles `payout_settled` for a booking. Where more has left than was decided and not taken back, because a payout that M-PESA had rejected was paid after
 * all, the excess is booked as owed to us. Does nothing for payouts that are not a booking's. Safe to call twice.
 */
export const closeBookingPayout: Deliver<'payout_settled'> = async ({ db, clock }, { payoutId }) => {
  const now = clock.now();
  await db.transaction(async (tx) => {
    const [booking] = await readRows(
      tx,
      Row,
      sql`select b.id as booking_id from bookings b
        where b.id = (select subject_id from payouts where id = ${payoutId}::uuid and source_account = ${ACCOUNTS.bookingPayable}) for update`,
    );
    if (!booking) return;
    const [excess] = await readRows(
      tx,
      z.object({ cents: bigintText }),
      sql`select ${leftForSubjectSql(booking.bookingId, ACCOUNTS.bookingPayable)} - ${owedOfBookingSql(sql`${booking.bookingId}::uuid`)} as cents`,
    );
    if (excess && excess.cents > 0n) await bookGivenTwice(tx, { payoutId, from: ACCOUNTS.bookingPayable, excessCents: excess.cents, now });
  });
  return undefined;
};

/**
 * Handles `refund_paid` for a booking: its payment becomes `refunded` once the money has arrived. Does nothing for refunds that are not a booking's. Safe to
 * call twice.
 */
export const closeBookingRefund: Deliver<'refund_paid', App> = async ({ db, clock }: Pick<App, 'db' | 'clock'>, { payoutId }) => {
  const booking = sql`(select b.id from bookings b where b.payout_id = (select id from payouts where id = ${payoutId}::uuid and kind = 'refund' and state = 'paid'))`;
  await db.execute(sql`
  with refunded as (
    ${markGivenBackSql(booking, { state: 'refunded' })}
  ), audited as (${recordSql({
    ...{ actor: 'safaricom', action: 'booking_fee_refunded', subject: sql`id::text`, happenedAt: clock.now(), from: sql`refunded` },
    ...{ before: sql`to_jsonb('paid'::text)`, after: sql`jsonb_build_object('status', 'refunded', 'payoutId', ${payoutId}::text)` },
  })})
  select`);
  return undefined;
};
