import { ACCOUNTS, type AccountId, loanAccount, savingsAccount } from '#books/ledger/accounts.ts';
import { least } from '#ground/money/least.ts';
import type { LockedLoan } from './lock-loan.ts';
import { COMPONENTS, type Component } from './math/terms.ts';

/** What became of a repayment, in cents: what it paid of the loan, by component, and what was saved. */
export type Parts = Record<Component | 'savings', bigint>;

export const PARTS = [...COMPONENTS, 'savings'] as const;

type Leg = { debit: AccountId; credit: AccountId; amountCents: bigint };

/** The parts of a row of repayments. */
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

/** Where each part of a repayment stands in the ledger: the principal on the loan's own account, what is earned on the organisation's, the rest on the borrower's savings. */
const accountsOf = ({ id, savingsAccountId }: Pick<LockedLoan, 'id' | 'savingsAccountId'>): Record<keyof Parts, AccountId> => ({
  penalty: ACCOUNTS.loanPenalties,
  fee: ACCOUNTS.loanFees,
  interest: ACCOUNTS.loanInterest,
  principal: loanAccount(id),
  savings: savingsAccount(savingsAccountId),
});

/** The movements that bring a repayment to where its parts stand. */
export function legsTo(loan: LockedLoan, parts: Parts, debit: typeof ACCOUNTS.clearing): Leg[] {
  const accounts = accountsOf(loan);
  return PARTS.map((part) => ({ debit, credit: accounts[part], amountCents: parts[part] }));
}

/** The movements that take a repayment back from where its parts stand. */
export function legsFrom(loan: LockedLoan, parts: Parts, credit: typeof ACCOUNTS.suspense): Leg[] {
  const accounts = accountsOf(loan);
  return PARTS.map((part) => ({ debit: accounts[part], credit, amountCents: parts[part] }));
}

/** The movements after which each part is larger by so much, smaller where it is negative; they add up to nothing. Throws when the changes do not. */
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
