import { readPhone, type SeenPhone } from './read-phone.ts';

/** A payer as notices show them: by phone, by the end of it, or by the SHA-256 of 2547... or 2541... in lower-case hex. */
export type SeenPayer = SeenPhone | { sha256: string };

/** Reads what a notice says about the payer's phone; undefined where it shows none, as in a payment between two businesses. */
export function readPayer(value: number | string): SeenPayer | undefined {
  const text = String(value).trim();
  return /^[0-9a-f]{64}$/i.test(text) ? { sha256: text.toLowerCase() } : readPhone(text);
}
