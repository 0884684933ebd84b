import { cleanWords } from './clean-words.ts';
import { readPhone, type SeenPhone } from './read-phone.ts';

/** A party of a transaction: a person's phone or a business's short code, and the name that M-PESA shows (customer data). */
export type Party = { phone?: SeenPhone; shortcode?: string; name: string };

const LONGEST_NAME = 150;

/** Reads `2547... - NAME`, `07... - Name` or `600000 - BUSINESS`; without a phone or a short code the whole text is the name. */
export function readParty(text: string): Party {
  const [, left = '', right = ''] = /^(.*?)(?: - (.*))?$/s.exec(text.slice(0, 300)) ?? [];
  const phone = readPhone(left);
  if (phone) return { phone, name: cleanWords(right, LONGEST_NAME) };
  if (/^\d{5,8}$/.test(left.trim())) return { shortcode: left.trim(), name: cleanWords(right, LONGEST_NAME) };
  return { name: cleanWords(text, LONGEST_NAME) };
}
