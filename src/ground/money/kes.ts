/** An amount as a person reads it: with thousands, and with both decimals where there are cents. */
export function kes(amountCents: bigint): string {
  const decimals = amountCents % 100n === 0n ? 0 : 2;
  const shillings = (Number(amountCents) / 100).toLocaleString('en-KE', {
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
  });
  return `KES ${shillings}`;
}
