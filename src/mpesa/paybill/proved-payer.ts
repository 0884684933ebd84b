import { encrypt } from '#ground/db/encryption.ts';
import type { Party } from '../daraja/read-party.ts';
import { payerOf } from '../payments/payer.ts';

/** Who paid by the words of a status answer, as the functions that settle take it: name and phone sealed, hash, tail. A party without a phone says nothing of who paid. */
export function provedPayer(debitParty: Party | undefined): (string | null)[] {
  const { name, phone, hash, tail } = payerOf(debitParty?.phone, debitParty?.phone && (debitParty.name || undefined));
  return [name ? encrypt(name, 'payer_name') : null, phone ? encrypt(phone, 'payer_phone') : null, hash ?? null, tail ?? null];
}
