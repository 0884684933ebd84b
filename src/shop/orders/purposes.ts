import { sql } from 'drizzle-orm';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import type { Purpose, Quote, QuoteInput, SettledPayment } from '#mpesa/wiring/purpose.ts';

/**
 * Books a paid order: clearing to sales (or donations), VAT and rounding, by the rates of the day it was paid; drafts its invoice and promises the e-mail: sell.sql has
 * the rule. Safe to call twice.
 */
async function allocateOrder(tx: Tx, { id, sourceId, settledAt }: SettledPayment, now: Date): Promise<void> {
  const [paidAt, at] = [settledAt.toISOString(), now.toISOString()];
  await tx.execute(
    sql`select sell_2(p, ${sourceId}::uuid, ${paidAt}::timestamptz, ${at}::timestamptz) from payments p where p.id = ${id}::uuid`,
  );
}

/** Asks for the price of a basket: quote-order.sql has the rule. `only` limits what may be in it. */
function quoteOrder({ items }: QuoteInput, only?: 'donation'): Quote {
  if (items.length === 0) throw new AppError('invalid_input', 'Say what is bought: items is a list of { sku, quantity }.');
  const asked = items.map(({ sku, quantity, amountCents }) => ({ sku, quantity, amount_cents: amountCents?.toString() }));
  return { by: 'quote_order_1', asked: { items: asked, only } };
}

/** Things from the price list, donations among them. */
export const order: Purpose = { quote: (input) => quoteOrder(input), allocate: allocateOrder };

/** Donations only. */
export const donation: Purpose = { quote: (input) => quoteOrder(input, 'donation'), allocate: allocateOrder };
