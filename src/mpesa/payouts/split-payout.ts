/** The limits of one B2C payment, in cents: 10 to 250,000 shillings (Daraja, B2C). */
const LEAST_CENTS = 1_000n;
const MOST_CENTS = 25_000_000n;

/** Splits a payout into payments within M-PESA's limits, full ones first. Throws below the minimum or for fractions of a shilling. */
export function splitPayout(amountCents: bigint): bigint[] {
  if (amountCents < LEAST_CENTS || amountCents % 100n !== 0n) throw new RangeError('M-PESA pays out whole shillings, 10 at least.');
  const full = Number(amountCents / MOST_CENTS);
  const rest = amountCents % MOST_CENTS;
  const parts = Array.from({ length: full }, () => MOST_CENTS);
  if (rest === 0n) return parts;
  if (rest >= LEAST_CENTS) return [...parts, rest];
  return [...parts.slice(0, -1), MOST_CENTS - LEAST_CENTS + rest, LEAST_CENTS]; // the last two share, or the last would be too small
}
