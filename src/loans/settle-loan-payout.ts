import type { Deliver } from '../outbox/drain.ts';

/** Says the message `loan_payout_settled`. */
export const settleLoanPayout: Deliver<'loan_payout_settled'> = async () => {
  throw new Error('Not there yet.');
};
