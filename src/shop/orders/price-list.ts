import { asc, eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { VAT_CLASSES } from '../vat/vat.schema.ts';
import { items } from './orders.schema.ts';

/** Shillings with at most two decimals, as cents. */
const price = z
  .number()
  .positive()
  .max(250_000)
  .transform((amount, context) => {
    const cents = Math.round(amount * 100);
    if (Math.abs(cents - amount * 100) < 1e-6) return BigInt(cents);
    context.addIssue({ code: 'custom', message: 'A price has at most two decimals.' });
    return z.NEVER;
  });

const common = {
  sku: z.string().regex(/^[\w.-]{1,64}$/, 'A sku is letters, digits, dot, dash and underscore.'),
  name: z.string().trim().min(1).max(120),
};
const more = { vatClass: z.enum(VAT_CLASSES), active: z.boolean().default(true) };

const Item = z.discriminatedUnion('kind', [
  z.strictObject({ ...common, kind: z.literal('product'), price, ...more }),
  z.strictObject({ ...common, kind: z.literal('booking_fee'), price, ...more }),
  z
    .strictObject({ ...common, kind: z.literal('donation'), min: price, max: price, ...more, vatClass: more.vatClass.default('D') })
    .refine((item) => item.min <= item.max, { path: ['max'], message: 'max is not below min.' }),
]);

/** Items to add to the price list or change in it, by sku; the others stay. Set `active` to false to stop selling one. */
export const PutItemsInput = z.strictObject({ items: z.array(Item).min(1).max(500) });

/** Adds and changes items of the price list. What was sold before keeps its price. */
export async function putItems({ db, clock }: Pick<App, 'db' | 'clock'>, input: z.output<typeof PutItemsInput>, call: Call) {
  const now = clock.now();
  const rows = input.items.map((item) => ({
    ...{ sku: item.sku, name: item.name, kind: item.kind, vatClass: item.vatClass, active: item.active, updatedAt: now },
    priceCents: item.kind === 'donation' ? null : item.price,
    minCents: item.kind === 'donation' ? item.min : null,
    maxCents: item.kind === 'donation' ? item.max : null,
  }));
  await db.transaction(async (tx) => {
    await tx
      .insert(items)
      .values(rows)
      .onConflictDoUpdate({
        target: items.sku,
        set: {
          name: sql`excluded.name`,
          kind: sql`excluded.kind`,
          priceCents: sql`excluded.price_cents`,
          minCents: sql`excluded.min_cents`,
          maxCents: sql`excluded.max_cents`,
          vatClass: sql`excluded.vat_class`,
          active: sql`excluded.active`,
          updatedAt: sql`excluded.updated_at`,
        },
      });
    const after = input.items.map((item) => item.sku);
    await record(tx, {
      actor: call.caller.id,
      action: 'items_changed',
      subject: 'items',
      after,
      requestId: call.requestId,
      happenedAt: now,
    });
  });
  return { changed: rows.length };
}

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
