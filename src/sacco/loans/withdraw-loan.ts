import { eq } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { loans } from './loans.schema.ts';
import { lockApplication } from './lock-application.ts';

/** Which application. */
export const WithdrawLoanInput = z.strictObject({ id: z.uuid() });

/**
 * A borrower withdraws their application before its money is on its way. Throws `loan_not_found`, also for somebody else's, and
 * `loan_decided`.
 */
export function withdrawLoan(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id }: z.output<typeof WithdrawLoanInput>,
  { caller, requestId }: Call,
) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const loan = await lockApplication(tx, id);
    if (loan.borrower !== caller.id) throw new AppError('loan_not_found', 'There is no such loan.');
    if (loan.state !== 'submitted' && loan.state !== 'approved')
      throw new AppError('loan_decided', `This loan is ${loan.state}: it cannot be withdrawn any more.`, { loanId: id, state: loan.state });
    await tx.update(loans).set({ state: 'withdrawn' }).where(eq(loans.id, id));
    const [before, after] = [loan.state, 'withdrawn'];
    await record(tx, { actor: caller.id, action: 'loan_withdrawn', subject: id, before, after, requestId, happenedAt: now });
    await promiseNotice(tx, { event: 'loan_withdrawn', subjectId: id, memberId: loan.memberId, treasurers: true, now });
    return { loanId: id, reference: loan.reference, state: 'withdrawn' };
  });
}
