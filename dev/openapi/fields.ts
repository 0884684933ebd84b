import * as z from 'zod';

/* Fields that many answers have. */

export const id = z.uuid();
export const time = z.iso.datetime();
export const day = z.iso.date();
/** Kenyan shillings. */
export const shillings = z.number();
export const count = z.int().nonnegative();
/** `person:<id>`, `key:<id>`, `phone:<hash>`, `operator`: who did something. */
export const actor = z.string();

/** What a payment was paid with besides its price, as the shop sent it. */
export const metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

/** What a list says of the whole where it was asked for `count` or `page` (src/ground/db/page.ts). */
export const totals = {
  total: count.optional(),
  pages: count.optional(),
  totalIsMore: z.literal(true).optional(),
  page: count.optional(),
  limit: count.optional(),
};
