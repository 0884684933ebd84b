import type { Purpose } from '../payments/purpose.ts';
import { quoteStanding } from '../payments/quote-standing.ts';
import { findStanding } from '../references/find-standing.ts';
import { repayLoan } from './repay-loan.ts';

/** A repayment of a loan: `subject` is the loan's reference, and the payer chooses the amount. */
export const loanRepayment: Purpose = {
  quote: (input) => quoteStanding(input, 'loan'),
  takesEverything: true,
  async allocate(tx, { sourceId, depositId, subject, amountCents, settledAt }, now) {
    const loan = subject === null ? undefined : await findStanding(tx, subject, 'loan');
    if (!loan) throw new Error('A repayment was paid for a loan that is not there.');
    await repayLoan(tx, { sourceId, depositId, subjectId: loan.subjectId, amountCents, settledAt }, now);
  },
};
