import { lookupHash } from '#ground/db/encryption.ts';
import type { SeenPayer } from '../daraja/read-payer.ts';

/** The payer as a source names them: the phone as text that `readPayer` reads, and its hash and last digits, to compare it by. */
export type Payer = { name?: string | undefined; phone?: string | undefined; hash?: string | undefined; tail?: string | undefined };

/** The payer in a notice, a pull or a statement. Safaricom's own hash gives nothing to compare by: only a full number can be checked against it later. */
export function payerOf(seen: SeenPayer | undefined, name: string | undefined): Payer {
  if (!seen) return { name };
  if ('full' in seen) return { name, phone: seen.full, hash: lookupHash(seen.full), tail: seen.full.slice(-3) };
  return 'tail' in seen ? { name, phone: `254******${seen.tail}`, tail: seen.tail } : { name, phone: seen.sha256 };
}
