import { AppError, type ErrorCode, isErrorCode } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import { type CAME_AFTER_ALL, noPromptMessage } from './customer-message.ts';

type Detail = {
  owedCents?: string;
  paymentId?: string;
  skus?: string[];
  kind?: 'product' | 'donation' | 'booking_fee' | null;
  min?: string;
  max?: string;
  language?: Language;
  status?: 'reversed' | 'refunded';
  failureCode?: string | null;
  cameAfterAll?: (typeof CAME_AFTER_ALL)[number] | null;
};

const owed = ({ owedCents }: Detail) => ({ owed: shillings(BigInt(owedCents ?? 0)) });

/** The sentence for an item that is not in the price list, or is sold another way, with which way. */
function unknownItem(sku: string, kind: Detail['kind']): string {
  if (kind === 'booking_fee')
    return `${sku} is a booking fee: POST /api/bookings makes the booking, and its bookingId is what is paid for.`;
  if (kind) return `${sku} is a ${kind} and not booked: POST /api/payments/stk-push with it in items.`;
  return `Not in the price list: ${sku}. GET /api/items lists what is sold.`;
}

const SENTENCES: Partial<Record<ErrorCode, (detail: Detail) => [string, Record<string, unknown>?]>> = {
  amount_mismatch: (detail) => [
    `The price is ${kes(BigInt(detail.owedCents ?? 0))}: show it to the customer and send that amount, or none.`,
    owed(detail),
  ],
  amount_out_of_range: (detail) => [`${kes(BigInt(detail.owedCents ?? 0))} is outside the range of one M-PESA payment.`, owed(detail)],
  unknown_item: ({ skus, kind }) => [unknownItem(skus?.join(', ') ?? '', kind), { skus, ...(kind && { kind }) }],
  price_is_fixed: ({ skus }) => [`${skus?.join(', ')} has a fixed price: leave its amount out.`, { skus }],
  donation_amount_required: ({ skus }) => [
    `Say how much to give for ${skus?.join(', ')}: send items[].amount in whole shillings.`,
    { skus },
  ],
  donation_out_of_range: ({ skus, min, max }) => [
    `Give between ${kes(BigInt(min ?? 0))} and ${kes(BigInt(max ?? 0))} for ${skus?.join(', ')}, all lines of one payment together.`,
    { skus, min: shillings(BigInt(min ?? 0)), max: shillings(BigInt(max ?? 0)) },
  ],
  not_a_donation: ({ skus }) => [`${skus?.join(', ')} is not a donation: send it with type "order".`, { skus }],
  unknown_reference: () => ['Nothing here has this reference: check it letter by letter.'],
  external_reference_used: () => ['A payment with this externalReference exists: ask for its status, or send its paymentId to try again.'],
  payment_not_found: () => ['There is no such payment.'],
  already_paid: ({ paymentId, language = 'en' }) => [
    noPromptMessage('paid', 'en'),
    { paymentId, customerMessage: noPromptMessage('paid', language) },
  ],
  payment_returned: ({ paymentId, language = 'en', status = 'reversed', ...why }) => [
    noPromptMessage(status, 'en', why),
    { paymentId, customerMessage: noPromptMessage(status, language, why) },
  ],
  payment_being_checked: ({ paymentId, language = 'en' }) => [
    `${noPromptMessage('told', 'en')} Ask for the status: a prompt can be sent again only if M-PESA does not know that money.`,
    { paymentId, customerMessage: noPromptMessage('told', language) },
  ],
  booking_expired: ({ paymentId }) => ['This booking was not paid in time: make a new one.', { bookingId: paymentId }],
  still_checking: ({ paymentId }) => [
    'We are still asking M-PESA about the last prompt: ask for the status, then try again.',
    { paymentId },
  ],
  prompt_open: () => ['A payment request is open on this phone: answer it, or try again in a minute.'],
  too_many_prompts: () => [
    'This phone has had too many payment requests. Try again in ten minutes, or tomorrow if it has reached its number for a day.',
  ],
  too_many_bookings: () => [
    'This e-mail address has had too many bookings. Try again in ten minutes, or tomorrow if it has reached its number for a day, or leave it out.',
  ],
  too_many_requests: () => ['Too many payment requests or bookings from your network. Try again in an hour, or tomorrow.'],
  daily_cap: () => ['The shop has reached its number of payment requests or bookings for today. Try again tomorrow or write to us.'],
};

/** A refusal by the database as an `AppError` that says what to change. */
export function refusalError(code: string, detail: unknown): AppError {
  const sentence = isErrorCode(code) ? SENTENCES[code] : undefined;
  if (!sentence || !isErrorCode(code)) throw new Error(`The database refused for a reason that has no words: ${code}`);
  return new AppError(code, ...sentence(detail as Detail));
}
