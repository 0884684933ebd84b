import { encrypt } from '#ground/db/encryption.ts';
import type { Party } from '../daraja/read-party.ts';
import { payerOf } from '../payments/payer.ts';

/**
 * The payer of a status answer as parameters of the settling functions: name and phone encrypted, hash, last digits. Empty where the party
 * has no phone.
 */
export function provedPayer(debitParty: Party | undefined): (string | null)[] {
  const { name, phone, hash, tail } = payerOf(debitParty?.phone, debitParty?.phone && (debitParty.name || undefined));
  return [name ? encrypt(name, 'payer_name') : null, phone ? encrypt(phone, 'payer_phone') : null, hash ?? null, tail ?? null];
}
