import type { Destination } from '../payments/purpose.ts';

/** Books money to a loan. */
export const repayLoan: Destination = async () => {
  throw new Error('Not there yet.');
};
