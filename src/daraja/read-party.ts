import { readPhone, type SeenPhone } from './read-phone.ts';

/** A party of a transaction: a person's phone or a business's short code, and the name that M-PESA shows (customer data). */
export type Party = { phone?: SeenPhone; shortcode?: string; name: string };

/** Reads `2547... - NAME`, `07... - Name` or `600000 - BUSINESS`; what is neither phone nor short code remains in the name. */
export function readParty(text: string): Party {
  const [, left = '', right] = /^(.*?)(?: - (.*))?$/s.exec(text.slice(0, 300)) ?? [];
  const phone = readPhone(left);
  if (phone) return { phone, name: clean(right ?? '') };
  if (/^\d{5,9}$/.test(left.trim())) return { shortcode: left.trim(), name: clean(right ?? '') };
  return { name: clean(text) };
}

const clean = (text: string) =>
  text
    .replace(/\p{Cc}/gu, ' ')
    .trim()
    .slice(0, 150);
