/** An amount for people: with thousands separators, and with two decimals only where there are cents. */
export function kes(amountCents: bigint): string {
  const decimals = amountCents % 100n === 0n ? 0 : 2;
  const shillings = (Number(amountCents) / 100).toLocaleString('en-KE', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `KES ${shillings}`;
}
