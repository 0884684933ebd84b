import { sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { record } from '#ground/audit/record.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { type RecordPaidByHand, recordByHand } from '#mpesa/payouts/record-by-hand.ts';
import { type LockedBooking, lockBooking } from './lock-booking.ts';
import { readOwed } from './read-owed.ts';
import { requireLeaves } from './require-leaves.ts';

const INSTEAD =
  'If the money has left by hand all the same, reject this entry, enter it again without bookingId (it is booked to expenses), and ask whoever got too much to return it.';

/**
 * Records as paid by hand the decided part of a booking's fee that had not left yet: to its provider, or back to its payer, as was decided. Throws
 * `booking_not_found`, `booking_not_decided`, `booking_not_held`, `booking_decided`, `payout_under_way`, `amount_mismatch`, and what its payout would throw
 * where the fee may not leave.
 */
export const recordBookingByHand: RecordPaidByHand = async (tx, bookingId, sent, { call, upstairs }) => {
  const booking = await lockBooking(tx, bookingId);
  if (!booking)
    throw new AppError('booking_not_found', 'There is no such booking: reject this entry, and enter it again with the right one.');
  requireDecided(booking);
  const owed = await sayInstead(readOwed(tx, booking));
  if (!owed) throw new AppError('booking_decided', `All of this fee was released to income: none of it is owed. ${INSTEAD}`, { bookingId });
  await sayInstead(requireLeaves(tx, upstairs, booking, owed.kind === 'refund' ? 'payer' : 'provider'));
  if (sent.amountCents > owed.owedCents)
    throw new AppError(
      'amount_mismatch',
      `${kes(owed.owedCents)} of this fee is still to be paid, not ${kes(sent.amountCents)}. ${INSTEAD}`,
      {
        bookingId,
      },
    );
  const payoutId = await recordByHand(tx, { ...sent, kind: owed.kind, subjectId: bookingId, sourceAccount: ACCOUNTS.bookingPayable });
  await tx.execute(sql`update bookings set payout_id = ${payoutId}::uuid where id = ${bookingId}::uuid`);
  const note = `Paid by hand: ${sent.portalReceipt}.`;
  await tx.execute(closeTasksSql({ kinds: ['payout_rejected'], subjects: [String(booking.payoutId)], closedAt: sent.now, note }));
  await record(tx, {
    ...{ actor: call.caller.id, action: 'booking_paid_by_hand', subject: bookingId, requestId: call.requestId, happenedAt: sent.now },
    ...{ before: { payoutId: booking.payoutId }, after: { payoutId, amount: shillings(sent.amountCents), receipt: sent.portalReceipt } },
  });
};

function requireDecided({ id: bookingId, state }: LockedBooking): void {
  if (state === 'released' || state === 'refunded') return;
  if (state === 'held' || state === 'disputed')
    throw new AppError(
      'booking_not_decided',
      `The fee of this booking is still held: ${state === 'disputed' ? 'reopen it, ' : ''}decide who gets it (POST /api/bookings/${bookingId}/resolve), decline its payout (POST /api/payouts/<id>/decision with {"decision": "decline"}), then approve this entry again.`,
      { bookingId },
    );
  throw new AppError('booking_not_held', `This booking is ${state}: its fee was not paid, or is not held any more. ${INSTEAD}`, {
    bookingId,
  });
}

/** Adds, to the error that keeps a fee from being paid, what to do if the money has left all the same. */
async function sayInstead<T>(asked: Promise<T>): Promise<T> {
  return asked.catch((error: unknown) => {
    if (!(error instanceof AppError)) throw error;
    const isUnderWay = error.code === 'payout_under_way' && error.extra.state !== 'paid';
    const next = isUnderWay ? 'Decline it, or wait until M-PESA has rejected it, then approve this entry again.' : INSTEAD;
    throw new AppError(error.code, `${error.message} ${next}`, error.extra);
  });
}
