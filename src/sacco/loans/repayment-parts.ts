import { ACCOUNTS, type AccountId, loanAccount, savingsAccount } from '#books/ledger/accounts.ts';
import { least } from '#ground/money/cents.ts';
import type { LockedLoan } from './lock-loan.ts';
import { COMPONENTS, type Component } from './math/allocation-order.ts';

/** What a repayment paid, in cents, by component, and what went to savings. */
export type Parts = Record<Component | 'savings', bigint>;

export const PARTS = [...COMPONENTS, 'savings'] as const;

type Leg = { debit: AccountId; credit: AccountId; amountCents: bigint };

export const partsOf = (row: {
  penaltyCents: bigint;
  feeCents: bigint;
  interestCents: bigint;
  principalCents: bigint;
  excessCents: bigint;
}): Parts => ({
  penalty: row.penaltyCents,
  fee: row.feeCents,
  interest: row.interestCents,
  principal: row.principalCents,
  savings: row.excessCents,
});

/**
 * The ledger account of each part: principal on the loan's own, what is earned on the organisation's, the rest on the borrower's savings.
 */
const accountsOf = ({ id, savingsAccountId }: Pick<LockedLoan, 'id' | 'savingsAccountId'>): Record<keyof Parts, AccountId> => ({
  penalty: ACCOUNTS.loanPenalties,
  fee: ACCOUNTS.loanFees,
  interest: ACCOUNTS.loanInterest,
  principal: loanAccount(id),
  savings: savingsAccount(savingsAccountId),
});

/** The transfers that book a repayment's parts. */
export function legsTo(loan: LockedLoan, parts: Parts, debit: typeof ACCOUNTS.clearing): Leg[] {
  const accounts = accountsOf(loan);
  return PARTS.map((part) => ({ debit, credit: accounts[part], amountCents: parts[part] }));
}

/** The transfers that reverse a repayment's parts. */
export function legsFrom(loan: LockedLoan, parts: Parts, credit: typeof ACCOUNTS.suspense): Leg[] {
  const accounts = accountsOf(loan);
  return PARTS.map((part) => ({ debit: accounts[part], credit, amountCents: parts[part] }));
}

/** The transfers that change each part by a signed amount. Throws when the changes do not add up to zero. */
export function legsBetween(loan: LockedLoan, changes: Parts): Leg[] {
  const accounts = accountsOf(loan);
  const legs: Leg[] = [];
  const left = { ...changes };
  for (const from of PARTS)
    for (const to of PARTS) {
      if (left[from] >= 0n || left[to] <= 0n) continue;
      const amountCents = least(-left[from], left[to]);
      legs.push({ debit: accounts[from], credit: accounts[to], amountCents });
      left[from] += amountCents;
      left[to] -= amountCents;
    }
  if (PARTS.some((part) => left[part] !== 0n)) throw new Error('A correction of repayments would make money or lose some.');
  return legs;
}
