import { asc, eq } from 'drizzle-orm';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { items } from './orders.schema.ts';

/** The price list as a shop shows it: what is sold now, prices in shillings with VAT included. */
export async function listItems({ db }: Pick<App, 'db'>) {
  const rows = await db.select().from(items).where(eq(items.active, true)).orderBy(asc(items.sku));
  const orNull = (cents: bigint | null) => (cents === null ? null : shillings(cents));
  return {
    items: rows.map(({ sku, name, kind, priceCents, minCents, maxCents, vatClass }) => ({
      ...{ sku, name, kind, vatClass },
      ...(kind === 'donation' ? { min: orNull(minCents), max: orNull(maxCents) } : { price: orNull(priceCents) }),
    })),
  };
}
