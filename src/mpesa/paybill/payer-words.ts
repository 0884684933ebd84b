import type { KnownPayer } from '../payments/known-payer.ts';

const REVERSAL = 'or refund the whole payment by "reversal" (POST /api/refunds), which needs no number.';

/**
 * What a treasurer has to do where a phone is needed, by what is known of the payer. `prompted`: the payer was prompted, on another phone
 * than the one that opened the payment.
 */
export function whomToAsk(seen: KnownPayer | undefined, prompted: boolean): string {
  if (prompted)
    return `Another phone paid than the one that opened the payment: ask the payer which, and send it as phoneNumber, ${REVERSAL}`;
  if (!seen) return `Nothing shows which phone paid this: send phoneNumber, and with identifiedBy how you know that it paid, ${REVERSAL}`;
  if ('tail' in seen && seen.tail !== undefined)
    return `M-PESA shows only the end of the number that paid (${seen.tail}): ask the payer for the whole of it, and send it as phoneNumber; a second person approves. Or identifiedBy says how you know, ${REVERSAL}`;
  return `M-PESA shows the number that paid only as a hash: ask the payer for it, and send it as phoneNumber; it is compared with the hash, and a second person approves. Or identifiedBy says how you know, ${REVERSAL}`;
}

/** Why the requested phone is not the payer's. */
export function whyAnother(seen: KnownPayer | undefined): string {
  const ask = seen && 'full' in seen ? 'Send its number, or none, since it is known.' : 'Ask the payer which number they paid from.';
  return `A refund goes to the phone that paid, and this is another one. ${ask}`;
}
