import { AppError } from '#ground/errors.ts';
import type { Quote, QuoteInput } from '#mpesa/wiring/purpose.ts';

/** Asks for the price of a basket: quote-order.sql has the rule. `only` limits what may be in it. */
export function quoteOrder({ items }: QuoteInput, only?: 'donation'): Quote {
  if (items.length === 0) throw new AppError('invalid_input', 'Say what is bought: items is a list of { sku, quantity }.');
  const asked = items.map(({ sku, quantity, amountCents }) => ({ sku, quantity, amount_cents: amountCents?.toString() }));
  return { by: 'quote_order_1', asked: { items: asked, only } };
}
