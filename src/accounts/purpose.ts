import type { Purpose } from '../payments/purpose.ts';
import { quoteStanding } from '../payments/quote-standing.ts';
import { findStanding } from '../references/find-standing.ts';
import { depositSavings } from './deposit-savings.ts';

/** A deposit into a member's savings: `subject` is the account's reference, and the payer chooses the amount. */
export const savings: Purpose = {
  quote: (input) => quoteStanding(input, 'savings'),
  takesEverything: true,
  async allocate(tx, { sourceId, depositId, subject, amountCents, settledAt }, now) {
    const account = subject === null ? undefined : await findStanding(tx, subject, 'savings');
    if (!account) throw new Error('A deposit was paid into an account that is not there.');
    await depositSavings(tx, { sourceId, depositId, subjectId: account.subjectId, amountCents, settledAt }, now);
  },
};
