import { maskPhone } from '#ground/text/mask-phone.ts';
import { knownPayer } from './known-payer.ts';

/** How far a payer's number is known: whole, its end, or Safaricom's hash of it, with which a number that is told can be compared. */
export function payerShown(shown: string | null, tail: string | null): 'whole' | 'end' | 'hash' | null {
  const payer = knownPayer(shown, tail);
  if (payer === undefined) return null;
  if ('full' in payer) return 'whole';
  return payer.tail === undefined ? 'hash' : 'end';
}

/** As much of a payer's number as is shown in a list: nothing of what Safaricom has hashed. */
export function maskPayer(shown: string | null, tail: string | null): string | null {
  const payer = knownPayer(shown, tail);
  if (payer === undefined) return null;
  if ('full' in payer) return maskPhone(payer.full);
  return payer.tail === undefined ? null : `0••• ••• ${payer.tail}`;
}
