import { eq } from 'drizzle-orm';
import { ACCOUNTS, savingsAccount } from '../ledger/accounts.ts';
import { transfer } from '../ledger/transfer.ts';
import { memberAccounts } from '../members/members.schema.ts';
import { promiseNotice } from '../notify/promise-notice.ts';
import type { Destination } from '../payments/purpose.ts';

/** Books money to a member's savings: clearing to the account that `subjectId` names, and promises to tell him. Safe to call twice. */
export const depositSavings: Destination = async (tx, { sourceId, subjectId, amountCents }, now) => {
  const [account] = await tx.select({ memberId: memberAccounts.memberId }).from(memberAccounts).where(eq(memberAccounts.id, subjectId));
  if (!account) throw new Error('A deposit was paid into an account that is not there.');
  const legs = [{ debit: ACCOUNTS.clearing, credit: savingsAccount(subjectId), amountCents }];
  const booked = await transfer(tx, { kind: 'savings_deposit', sourceId, legs, bookedAt: now });
  if (booked)
    await promiseNotice(tx, { event: 'savings_deposited', subjectId: sourceId, memberId: account.memberId, treasurers: false, now });
};
