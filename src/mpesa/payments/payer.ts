import { lookupHash } from '#ground/db/encryption.ts';
import type { SeenPayer } from '../daraja/read-payer.ts';

/** Who paid, as far as a source says: the phone as text that `readPayer` reads back, and what it can be compared by. */
export type Payer = { name?: string | undefined; phone?: string | undefined; hash?: string | undefined; tail?: string | undefined };

/** A payer that was seen in a notice, a pull or a statement. A hash without our key can be shown equal later, and is compared with nothing here. */
export function payerOf(seen: SeenPayer | undefined, name: string | undefined): Payer {
  if (!seen) return { name };
  if ('full' in seen) return { name, phone: seen.full, hash: lookupHash(seen.full), tail: seen.full.slice(-3) };
  return 'tail' in seen ? { name, phone: `254******${seen.tail}`, tail: seen.tail } : { name, phone: seen.sha256 };
}
