import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import { divideHalfUp, least } from '#ground/money/cents.ts';
import type { VatClass, VatOfClass } from './vat.schema.ts';

const BASIS_POINTS = 10_000n;

/**
 * Splits an amount that includes VAT into net and VAT cents; the parts always add up. Half a cent rounds up, in favour of the tax. Its twin in SQL is in vat_of_1: change
 * both.
 */
export function splitVat(grossCents: bigint, rateBasisPoints: number): { netCents: bigint; vatCents: bigint } {
  const rate = BigInt(rateBasisPoints);
  const vatCents = divideHalfUp(grossCents * rate, BASIS_POINTS + rate);
  return { netCents: grossCents - vatCents, vatCents };
}

/**
 * The VAT contained in lines, per class in alphabetical order: each class is split once, so that roundings do not add up. Bookings use this one; orders, donations and
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

/** What an invoice has of one VAT class, and what its credit notes took back of it. */
export type CreditedClass = { soldCents: bigint; vatCents: bigint; basisPoints: number; creditedCents: bigint; creditedVatCents: bigint };

/**
 * The VAT in the next amount that a credit note takes back of a class: the VAT in all that is credited up to and including it, less the VAT that earlier credit
 * notes took.
 */
export function creditVat(grossCents: bigint, ofClass: CreditedClass): bigint {
  const { soldCents, vatCents, basisPoints, creditedCents, creditedVatCents } = ofClass;
  const upTo = creditedCents + grossCents;
  const due = upTo >= soldCents ? vatCents : splitVat(upTo, basisPoints).vatCents;
  const left = least(due, vatCents) - creditedVatCents;
  return least(left < 0n ? 0n : left, grossCents);
}

const Rate = z.object({ vatClass: z.string(), basisPoints: z.number() });

/** The VAT rates, in basis points by class, of the day in Nairobi on which `at` falls. */
export async function readVatRates(db: Reader, at: Date): Promise<Map<string, number>> {
  const rates = await readRows(
    db,
    Rate,
    sql`
    select distinct on (vat_class) vat_class, basis_points from vat_rates
    where valid_from <= (${instantSql(at)} at time zone 'Africa/Nairobi')::date
    order by vat_class, valid_from desc`,
  );
  return new Map(rates.map((rate) => [rate.vatClass, rate.basisPoints]));
}
