import { knownPayer } from './known-payer.ts';
import { maskPhone } from './mask-phone.ts';

/** As much of a payer's number as is shown in a list: nothing of what Safaricom has hashed. */
export function maskPayer(shown: string | null, tail: string | null): string | null {
  const payer = knownPayer(shown, tail);
  if (payer === undefined) return null;
  if ('full' in payer) return maskPhone(payer.full);
  return payer.tail === undefined ? null : `0••• ••• ${payer.tail}`;
}
