/** A payer's number as Safaricom shows it: in full (2547... or 2541...) or the last three digits of a masked one. */
export type SeenPhone = { full: string } | { tail: string };

/** Reads a number or text of Safaricom's as a phone; undefined for a hash or anything else that is no phone. */
export function readPhone(value: number | string): SeenPhone | undefined {
  const text = String(value).trim();
  const national = /^(?:\+?254|0)?([17]\d{8})$/.exec(text)?.[1];
  if (national) return { full: `254${national}` };
  const tail = /^\+?\d{0,6} ?[*xX#]{3,9} ?\d{0,3}?(\d{3})$/.exec(text)?.[1];
  return tail ? { tail } : undefined;
}
