import { AppError } from '#ground/errors.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { isDated, receiptDay } from '../daraja/receipt-day.ts';

const ABOUT_MIDNIGHT_MS = 5 * 60_000;

/** M-PESA's codes begin with the day: one of another day than the payment's time was mistyped, or made up. Throws `receipt_day_differs`, and `invalid_input` for a time to come. */
export function requireItsDay(receipt: string, at: Date, now: Date): void {
  if (at > now) throw new AppError('invalid_input', 'at: this time is in the future.');
  if (!isDated(receipt)) return;
  const day = receiptDay(receipt);
  const near = [-ABOUT_MIDNIGHT_MS, 0, ABOUT_MIDNIGHT_MS].map((ms) => nairobiDay(new Date(at.getTime() + ms)));
  if (day !== undefined && near.includes(day)) return;
  const says = day === undefined ? 'names no day that there is' : `is of ${day}`;
  throw new AppError(
    'receipt_day_differs',
    `The code ${receipt} ${says}, and the payment of ${nairobiDay(at)}: compare both with M-PESA's message.`,
  );
}
