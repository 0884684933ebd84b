import { splitVat } from '#ground/money/split-vat.ts';
import type { InvoiceLine, InvoiceVat } from '../invoices/invoices.schema.ts';

/** The VAT contained in lines, per class in alphabetical order: each class is split once, so that roundings do not add up. */
export function computeVat(lines: InvoiceLine[], rates: ReadonlyMap<string, number>): InvoiceVat[] {
  const gross = new Map<InvoiceLine['vatClass'], bigint>();
  for (const line of lines) gross.set(line.vatClass, (gross.get(line.vatClass) ?? 0n) + BigInt(line.grossCents));
  return [...gross].sort().map(([vatClass, grossCents]) => {
    const basisPoints = rates.get(vatClass);
    if (basisPoints === undefined) throw new Error(`There is no VAT rate for class ${vatClass} on that day: add a row to vat_rates.`);
    const { netCents, vatCents } = splitVat(grossCents, basisPoints);
    return { vatClass, basisPoints, netCents: netCents.toString(), vatCents: vatCents.toString() };
  });
}
