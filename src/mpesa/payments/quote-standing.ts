import { AppError } from '#ground/errors.ts';
import type { Quote, QuoteInput } from '../wiring/purpose.ts';

/**
 * Asks to pay for a standing reference what the payer chooses: quote-standing.sql has the rule. What is due is told to its owner only, so that it is never filled in
 * here.
 */
export function quoteStanding({ subject, amountCents, items }: QuoteInput, kind: 'loan' | 'savings'): Quote {
  const example = kind === 'loan' ? 'LN-4K7Q2M9X' : 'SV-4K7Q2M9X';
  if (!subject || amountCents === undefined || items.length > 0)
    throw new AppError('invalid_input', `Send subject (the reference, such as ${example}) and amount (whole shillings), and no items.`);
  return { by: 'quote_standing_1', asked: { kind, subject, amount_cents: amountCents.toString() } };
}
