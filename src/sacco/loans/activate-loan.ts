import { eq } from 'drizzle-orm';
import { ACCOUNTS, loanAccount } from '#books/ledger/accounts.ts';
import { transfer } from '#books/ledger/transfer.ts';
import { record } from '#ground/audit/record.ts';
import type { Tx } from '#ground/db/types.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { instalments, loans } from './loans.schema.ts';
import type { LockedApplication } from './lock-application.ts';
import { scheduleOf } from './math/preview-loan.ts';

/**
 * Activates a loan whose money has arrived: its schedule counts from that day in Nairobi, and a deducted fee is earned. The loan is locked
 * and not yet active.
 */
export async function activateLoan(tx: Tx, loan: LockedApplication, arrivedAt: Date, now: Date): Promise<void> {
  const disbursedOn = nairobiDay(arrivedAt);
  const { id: loanId, memberId, state: before } = loan;
  await tx.insert(instalments).values(scheduleOf(loan, disbursedOn).map((instalment) => ({ loanId, ...instalment })));
  await tx.update(loans).set({ state: 'active', disbursedOn, workedOutTo: disbursedOn }).where(eq(loans.id, loanId));
  if (loan.feeCharged === 'deducted') {
    const legs = [{ debit: loanAccount(loanId), credit: ACCOUNTS.loanFees, amountCents: loan.feeCents }];
    await transfer(tx, { kind: 'loan_fee', sourceId: loanId, legs, bookedAt: now });
  }
  await record(tx, {
    actor: 'safaricom',
    action: 'loan_disbursed',
    subject: loanId,
    before,
    after: { state: 'active', disbursedOn },
    happenedAt: now,
  });
  await promiseNotice(tx, { event: 'loan_disbursed', subjectId: loanId, memberId, treasurers: true, now });
}
