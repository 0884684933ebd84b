import { ACCOUNTS, type AccountId } from '#books/ledger/accounts.ts';
import type { Tx } from '#ground/db/types.ts';
import { least } from '#ground/money/cents.ts';
import { draftInvoice } from '../invoices/draft-invoice.ts';
import { computeVat, readVatRates } from '../vat/compute-vat.ts';
import type { LockedBooking } from './lock-booking.ts';

/**
 * The movements of what of a fee becomes income: escrow to fees, VAT (by the class of the item and the rate of the day of the decision) and rounding; drafts its
 * invoice and promises the e-mail. Nothing of zero.
 */
export async function bookIncome(
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
