import { date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';

/** KRA's tax types: A exempt, B the standard rate, C zero-rated, D outside VAT, E the reduced rate. */
export const VAT_CLASSES = ['A', 'B', 'C', 'D', 'E'] as const;
export type VatClass = (typeof VAT_CLASSES)[number];

/** VAT per class. Amounts are cents as text. */
export type VatOfClass = { vatClass: VatClass; basisPoints: number; netCents: string; vatCents: string };

/** VAT rates with the day each began (Africa/Nairobi). A rate that changes is a new row. */
export const vatRates = pgTable(
  'vat_rates',
  {
    vatClass: text('vat_class', { enum: VAT_CLASSES }).notNull(),
    validFrom: date('valid_from').notNull(),
    basisPoints: integer('basis_points').notNull(),
  },
  (t) => [primaryKey({ columns: [t.vatClass, t.validFrom] })],
);
