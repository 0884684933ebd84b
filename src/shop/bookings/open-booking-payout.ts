import { ACCOUNTS } from '#books/ledger/accounts.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { type Payer, payerOf, readPayerClues } from '#mpesa/paybill/payer-of.ts';
import { reasonWith, type ToldPayer } from '#mpesa/paybill/told-payer.ts';
import { openPayout } from '#mpesa/payouts/open-payout.ts';
import type { App } from '#mpesa/wiring/app.ts';
import type { LockedBooking } from './lock-booking.ts';
import { requireLeaves } from './require-leaves.ts';

/**
 * Requests the payout of a decided fee, or of a part of it; it waits for approval like any other. Returns its id. Throws `payouts_not_configured`,
 * `deposit_refuted`, `receipt_unconfirmed`, `reversed_elsewhere`, `payer_unknown`, `provider_unknown`.
 */
export async function openBookingPayout(
  tx: Tx,
  { config, upstairs }: Pick<App, 'config' | 'upstairs'>,
  booking: LockedBooking,
  payout: { to: 'provider' | 'payer'; amountCents: bigint; told: ToldPayer; actor: string; now: Date },
): Promise<string> {
  const { to, amountCents, told, actor: requestedBy, now } = payout;
  if (!config.initiator)
    throw new AppError('payouts_not_configured', 'Set MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD and MPESA_CERTIFICATE to pay out.');
  await requireLeaves(tx, upstairs, booking, to);
  const { phone, sure } =
    to === 'payer' ? await payerOfBooking(tx, booking, told) : { phone: told.phone ?? booking.providerPhone, sure: true };
  if (!phone) throw new AppError('provider_unknown', 'Send the phoneNumber to which the provider is to be paid.');
  return openPayout(tx, {
    kind: to === 'payer' ? 'refund' : 'payment',
    reason: reasonWith(`Booking ${booking.reference}`, to === 'payer' ? told : {}),
    ...(to === 'payer' &&
      booking.depositId && { givesBack: { depositId: booking.depositId, identified: told.identifiedBy !== undefined } }),
    ...{ subjectId: booking.id, sourceAccount: ACCOUNTS.bookingPayable, phone, secondPerson: !sure, amountCents, requestedBy, now },
  });
}

async function payerOfBooking(tx: Tx, { id, depositId }: LockedBooking, told: ToldPayer): Promise<Payer> {
  if (!depositId) throw new Error(`The booking ${id} gives back a fee that nobody paid.`);
  return payerOf(await readPayerClues(tx, depositId), told, false);
}
