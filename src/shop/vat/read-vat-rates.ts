import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';

const Rate = z.object({ vatClass: z.string(), basisPoints: z.number() });

/** The VAT rates, in basis points by class, of the day in Nairobi on which `at` falls. */
export async function readVatRates(db: Reader, at: Date): Promise<Map<string, number>> {
  const rates = await readRows(
    db,
    Rate,
    sql`
    select distinct on (vat_class) vat_class as "vatClass", basis_points as "basisPoints" from vat_rates
    where valid_from <= (${instantSql(at)} at time zone 'Africa/Nairobi')::date
    order by vat_class, valid_from desc`,
  );
  return new Map(rates.map((rate) => [rate.vatClass, rate.basisPoints]));
}
