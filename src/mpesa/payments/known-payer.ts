import { createHash } from 'node:crypto';
import { readPayer } from '../daraja/read-payer.ts';

/**
 * What is known of the payer's number: all of it; its last digits; or Safaricom's hash of it, with the last digits where a proof has shown
 * them.
 */
export type KnownPayer = { full: string } | { tail: string } | { sha256: string; tail?: string };

/**
 * Reads a deposit's payer from the number that a notice or a proof showed and from its last digits. Both must hold; where a notice named
 * another number, the last digits count, for they were proved.
 */
export function knownPayer(shown: string | null, tail: string | null): KnownPayer | undefined {
  const payer = readPayer(shown ?? '');
  if (tail === null) return payer;
  if (payer && 'sha256' in payer) return { ...payer, tail };
  return payer && 'full' in payer && payer.full.endsWith(tail) ? payer : { tail };
}

/** Whether a phone is the payer's: `whole` by the whole number, `end` by the last digits where no more is known. */
export function isNumberOf(payer: KnownPayer, phone: string): 'whole' | 'end' | false {
  if ('full' in payer) return payer.full === phone && 'whole';
  if (payer.tail !== undefined && !phone.endsWith(payer.tail)) return false;
  if (!('sha256' in payer)) return 'end';
  return createHash('sha256').update(phone).digest('hex') === payer.sha256 && 'whole';
}
