import { ACCOUNTS, savingsAccount } from '../ledger/accounts.ts';
import { transfer } from '../ledger/transfer.ts';
import type { Destination } from '../payments/purpose.ts';

/** Books money to a member's savings: clearing to the account that `subjectId` names. Safe to call twice. */
export const depositSavings: Destination = async (tx, { sourceId, subjectId, amountCents }, now) => {
  const legs = [{ debit: ACCOUNTS.clearing, credit: savingsAccount(subjectId), amountCents }];
  await transfer(tx, { kind: 'savings_deposit', sourceId, legs, bookedAt: now });
};
