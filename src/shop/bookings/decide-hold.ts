import { sql } from 'drizzle-orm';
import { ACCOUNTS, type AccountId } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { record } from '#ground/audit/record.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { least } from '#ground/money/cents.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { requireNotLost } from '#mpesa/paybill/confirmed.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { draftInvoice } from '../invoices/draft-invoice.ts';
import { computeVat, readVatRates } from '../vat/compute-vat.ts';
import type { LockedBooking } from './lock-booking.ts';
import { openBookingPayout } from './open-booking-payout.ts';
import { type Decision, splitHold } from './split-hold.ts';

/** Who decides, and when. */
export type Decider = Pick<App, 'config' | 'upstairs'> & { actor: string; requestId?: string; now: Date };

/**
 * Decides once who gets a held fee. All of it leaves escrow in one event: to income and VAT, or to what is owed to others, for which a payout is requested that
 * waits for approval. Throws `booking_not_held`, `booking_disputed`, `booking_decided`, `deposit_refuted`, `reversed_elsewhere`, and what the split and the
 * payout refuse.
 */
export async function decideHold(
  tx: Tx,
  booking: LockedBooking,
  decision: Decision,
  { config, upstairs, actor, requestId, now }: Decider,
): Promise<void> {
  requireHeld(booking);
  if (booking.depositId) await requireNotLost(tx, booking.depositId);
  const { incomeCents, payoutCents } = splitHold(decision, booking.heldCents);
  const payoutId =
    decision.to === 'income'
      ? null
      : await openBookingPayout(tx, { config, upstairs }, booking, {
          to: decision.to,
          amountCents: payoutCents,
          told: decision.told ?? {},
          actor,
          now,
        });
  const legs = [
    ...(await bookIncome(tx, booking, incomeCents, now)),
    { debit: ACCOUNTS.bookingEscrow, credit: ACCOUNTS.bookingPayable, amountCents: payoutCents },
  ];
  if (!(await transfer(tx, { kind: 'hold_resolved', sourceId: booking.id, legs, bookedAt: now })))
    throw new Error('A fee that is held had left escrow before.');
  const state = decision.to === 'payer' ? 'refunded' : 'released';
  const at = instantSql(now);
  await tx.execute(sql`
    update bookings set state = ${state}, resolved_at = ${at}, auto_resolve_at = null, income_cents = ${incomeCents.toString()}::bigint, payout_id = ${payoutId}::uuid
    where id = ${booking.id}::uuid`);
  const kinds = ['booking_paid_late', 'booking_undecided'] as const;
  await tx.execute(closeTasksSql({ kinds, subjects: [booking.id], closedAt: now, closedBy: actor, note: state }));
  await record(tx, {
    actor,
    action: `booking_${state}`,
    subject: booking.id,
    before: booking.state,
    after: { to: decision.to, incomeCents: incomeCents.toString(), payoutCents: payoutCents.toString(), payoutId },
    requestId,
    happenedAt: now,
  });
}

/** Throws unless the fee is held and nobody has decided about it. */
function requireHeld({ id: bookingId, state }: LockedBooking): void {
  if (state === 'held') return;
  if (state === 'disputed') throw new AppError('booking_disputed', 'This booking is disputed: reopen it, then decide.', { bookingId });
  if (state === 'created' || state === 'expired')
    throw new AppError('booking_not_held', `This booking is ${state}: its fee was not paid, so there is nothing to decide.`, {
      bookingId,
    });
  throw new AppError('booking_decided', `This booking is ${state} already: it is decided once.`, { bookingId });
}

/**
 * The legs for the part of a fee that becomes income: escrow to fees, VAT (by the item's class and the rate on the day of the decision) and rounding. Also
 * drafts the invoice and promises its e-mail. Does nothing for zero.
 */
async function bookIncome(
  tx: Tx,
  booking: LockedBooking,
  incomeCents: bigint,
  now: Date,
): Promise<{ debit: AccountId; credit: AccountId; amountCents: bigint }[]> {
  if (incomeCents === 0n) return [];
  const roundingCents = least(booking.amountCents - booking.owedCents, incomeCents); // below a shilling
  const grossCents = incomeCents - roundingCents;
  const line = { ...booking.lines[0], unitCents: grossCents.toString(), grossCents: grossCents.toString() };
  const vat = computeVat([line], await readVatRates(tx, now));
  await draftInvoice(tx, { ...booking, owedCents: grossCents }, { kind: 'invoice', lines: [line], vat, roundingCents, now });
  const from = (credit: AccountId, amountCents: bigint) => ({ debit: ACCOUNTS.bookingEscrow, credit, amountCents });
  return [
    ...vat.flatMap(({ netCents, vatCents }) => [from(ACCOUNTS.bookingFees, BigInt(netCents)), from(ACCOUNTS.vatPayable, BigInt(vatCents))]),
    from(ACCOUNTS.rounding, roundingCents),
  ];
}
