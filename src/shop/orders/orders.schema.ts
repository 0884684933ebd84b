import { sql } from 'drizzle-orm';
import { boolean, check, pgTable, text } from 'drizzle-orm/pg-core';
import { at, cents, oneOf } from '#ground/db/columns.ts';
import { VAT_CLASSES } from '../vat/vat.schema.ts';

const ITEM_KINDS = ['product', 'booking_fee', 'donation'] as const;

/** The price list. Prices include VAT; a donation has no price but a range. */
export const items = pgTable(
  'items',
  {
    sku: text('sku').primaryKey(),
    name: text('name').notNull(),
    kind: text('kind', { enum: ITEM_KINDS }).notNull(),
    priceCents: cents('price_cents'),
    minCents: cents('min_cents'),
    maxCents: cents('max_cents'),
    vatClass: text('vat_class', { enum: VAT_CLASSES }).notNull(),
    active: boolean('active').notNull().default(true),
    updatedAt: at('updated_at').notNull(),
  },
  (t) => [
    oneOf('items_kind', t.kind, ITEM_KINDS),
    oneOf('items_vat_class', t.vatClass, VAT_CLASSES),
    check(
      'items_price',
      sql`(${t.kind} = 'donation' and ${t.minCents} > 0 and ${t.maxCents} >= ${t.minCents}) or (${t.kind} <> 'donation' and ${t.priceCents} > 0)`,
    ),
  ],
);
