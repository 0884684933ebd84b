import { AppError } from '#ground/errors.ts';
import { findStanding, type StandingKind } from '#ground/references/standing-reference.ts';
import type { Destination, Purpose, Quote, QuoteInput } from '../wiring/purpose.ts';

/**
 * A payment to a standing reference, which is its `subject`: the payer chooses the amount, and all of it goes to the reference's
 * destination.
 */
export const standingPurpose = (kind: StandingKind, destination: Destination): Purpose => ({
  quote: (input) => quoteStanding(input, kind),
  takesEverything: true,
  async allocate(tx, { sourceId, depositId, subject, amountCents, settledAt }, now) {
    const standing = subject === null ? undefined : await findStanding(tx, subject, kind);
    if (!standing) throw new Error('A payment names a loan or an account that does not exist.');
    await destination(tx, { sourceId, depositId, subjectId: standing.subjectId, amountCents, settledAt }, now);
  },
});

/**
 * Quotes a payment to a standing reference, whose amount the payer chooses: quote-standing.sql has the rule. The amount due is never filled
 * in, since only the owner may know it.
 */
function quoteStanding({ subject, amountCents, items }: QuoteInput, kind: 'loan' | 'savings'): Quote {
  const example = kind === 'loan' ? 'LN-4K7Q2M9X' : 'SV-4K7Q2M9X';
  if (!subject || amountCents === undefined || items.length > 0)
    throw new AppError('invalid_input', `Send subject (the reference, such as ${example}) and amount (whole shillings), and no items.`);
  return { by: 'quote_standing_1', asked: { kind, subject, amount_cents: amountCents.toString() } };
}
