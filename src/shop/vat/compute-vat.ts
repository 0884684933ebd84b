import { splitVat } from './split-vat.ts';
import type { VatClass, VatOfClass } from './vat.schema.ts';

/**
 * The VAT contained in lines, per class in alphabetical order: each class is split once (split-vat.ts has the formula), so that roundings do not add up. Bookings use this one; orders, donations and
 * counter sales have the same rule in SQL, vat-of.sql (vat_of_1): change both.
 */
export function computeVat(lines: readonly { vatClass: VatClass; grossCents: string }[], rates: ReadonlyMap<string, number>): VatOfClass[] {
  const gross = new Map<VatClass, bigint>();
  for (const line of lines) gross.set(line.vatClass, (gross.get(line.vatClass) ?? 0n) + BigInt(line.grossCents));
  return [...gross].sort().map(([vatClass, grossCents]) => {
    const basisPoints = rates.get(vatClass);
    if (basisPoints === undefined) throw new Error(`There is no VAT rate for class ${vatClass} on that day: add a row to vat_rates.`);
    const { netCents, vatCents } = splitVat(grossCents, basisPoints);
    return { vatClass, basisPoints, netCents: netCents.toString(), vatCents: vatCents.toString() };
  });
}
