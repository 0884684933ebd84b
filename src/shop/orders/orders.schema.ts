import { sql } from 'drizzle-orm';
import { boolean, check, date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at, cents } from '#ground/db/columns.ts';

const VAT_CLASSES = ['A', 'B', 'C', 'D', 'E'] as const;

/** The price list. Prices include VAT; a donation has no price but a range. */
export const items = pgTable(
  'items',
  {
    sku: text('sku').primaryKey(),
    name: text('name').notNull(),
    kind: text('kind', { enum: ['product', 'booking_fee', 'donation'] }).notNull(),
    priceCents: cents('price_cents'),
    minCents: cents('min_cents'),
    maxCents: cents('max_cents'),
    vatClass: text('vat_class', { enum: VAT_CLASSES }).notNull(),
    active: boolean('active').notNull().default(true),
    updatedAt: at('updated_at').notNull(),
  },
  (t) => [
    check('items_kind', sql`${t.kind} in ('product', 'booking_fee', 'donation')`),
    check('items_vat_class', sql`${t.vatClass} in ('A', 'B', 'C', 'D', 'E')`),
    check(
      'items_price',
      sql`(${t.kind} = 'donation' and ${t.minCents} > 0 and ${t.maxCents} >= ${t.minCents}) or (${t.kind} <> 'donation' and ${t.priceCents} > 0)`,
    ),
  ],
);

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
