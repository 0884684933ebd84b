import { maskPhone } from '#ground/text/mask-phone.ts';
import { knownPayer } from './known-payer.ts';

/** How much of a payer's number is known: all, its last digits, or Safaricom's hash of it, which a given number can be compared with. */
export function payerShown(shown: string | null, tail: string | null): 'whole' | 'end' | 'hash' | null {
  const payer = knownPayer(shown, tail);
  if (payer === undefined) return null;
  if ('full' in payer) return 'whole';
  return payer.tail === undefined ? 'hash' : 'end';
}

/** A payer's number as shown in a list; nothing of a hashed one. */
export function maskPayer(shown: string | null, tail: string | null): string | null {
  const payer = knownPayer(shown, tail);
  if (payer === undefined) return null;
  if ('full' in payer) return maskPhone(payer.full);
  return payer.tail === undefined ? null : `0••• ••• ${payer.tail}`;
}
