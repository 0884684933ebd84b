import { maskPhone } from '#ground/text/mask-phone.ts';
import type { Party } from '../daraja/read-party.ts';

/** A party as an operator sees it: a business in full, a person by the last digits of the phone and the first letters of the names. */
export function maskParty({ phone, shortcode, name }: Party): { shortcode?: string; maskedPhone?: string; name: string } {
  if (shortcode !== undefined) return { shortcode, name };
  const initials = name
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => `${[...word][0]}.`)
    .join(' ');
  if (!phone) return { name: initials };
  return { maskedPhone: 'full' in phone ? maskPhone(phone.full) : `••• ${phone.tail}`, name: initials };
}
