import { createHash } from 'node:crypto';
import { readPayer } from '../daraja/read-payer.ts';

/** What is known of who paid: their number in full; the end of it; Safaricom's hash of it, and the end of it too where a proof has shown that beside the hash. */
export type KnownPayer = { full: string } | { tail: string } | { sha256: string; tail?: string };

/**
 * Reads what a deposit has kept of its payer: the number as a notice or a proof shows it, and the end of it. What both show has to hold; the end is what was proved,
 * where a notice has said another number.
 */
export function knownPayer(shown: string | null, tail: string | null): KnownPayer | undefined {
  const payer = readPayer(shown ?? '');
  if (tail === null) return payer;
  if (payer && 'sha256' in payer) return { ...payer, tail };
  return payer && 'full' in payer && payer.full.endsWith(tail) ? payer : { tail };
}

/** How far a phone is the payer's: the whole number, or the end of it, which is all that is known; false: it is another one. */
export function isNumberOf(payer: KnownPayer, phone: string): 'whole' | 'end' | false {
  if ('full' in payer) return payer.full === phone && 'whole';
  if (payer.tail !== undefined && !phone.endsWith(payer.tail)) return false;
  if (!('sha256' in payer)) return 'end';
  return createHash('sha256').update(phone).digest('hex') === payer.sha256 && 'whole';
}
