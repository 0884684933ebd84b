import { createHash } from 'node:crypto';
import { readPayer, type SeenPayer } from '../daraja/read-payer.ts';
import { lookupHash } from '../db/encryption.ts';
import { AppError } from '../errors.ts';

/** What is known of who paid: the phone that booked, the keyed hash of the one that was prompted, and what a paybill notice said. */
export type PayerClues = { bookedBy: string; promptedHash: string | null; noticePhone: string | null };

/**
 * The phone that a fee goes back to: the one that paid and no other. A number that is told must not contradict what is known. Throws `payer_unknown` when Safaricom
 * has masked the payer and no number was told, or when it is another one.
 */
export function findPayer({ bookedBy, promptedHash, noticePhone }: PayerClues, told?: string): string {
  const seen = promptedHash === null ? readPayer(noticePhone ?? '') : undefined;
  const paidFrom = (phone: string) => (promptedHash === null ? agrees(seen, phone) : lookupHash(phone) === promptedHash && 'surely');
  if (told !== undefined) {
    if (paidFrom(told)) return told;
    throw new AppError('payer_unknown', 'A fee is given back to the phone that paid it: this is another number.');
  }
  if (paidFrom(bookedBy) === 'surely') return bookedBy;
  if (seen && 'full' in seen) return seen.full;
  throw new AppError('payer_unknown', 'Another phone paid than the one that booked, or Safaricom has masked it: send phoneNumber.');
}

function agrees(seen: SeenPayer | undefined, phone: string): 'surely' | 'perhaps' | false {
  if (!seen) return 'perhaps';
  if ('tail' in seen) return phone.endsWith(seen.tail) && 'perhaps';
  const same = 'full' in seen ? seen.full === phone : createHash('sha256').update(phone).digest('hex') === seen.sha256;
  return same && 'surely';
}
