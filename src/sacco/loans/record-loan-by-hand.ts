import { eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { loanAccount, openAccount } from '#books/ledger/accounts.ts';
import { record } from '#ground/audit/record.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import { type RecordPaidByHand, recordByHand } from '#mpesa/payouts/record-by-hand.ts';
import { loans } from './loans.schema.ts';
import { type LockedApplication, lockApplication } from './lock-application.ts';
import { sentCents } from './math/preview-loan.ts';
import { readLoanPayouts } from './read-loan-payouts.ts';

const INSTEAD =
  'If the money has left for its borrower all the same, reject this entry, enter it again without loanId (it is booked to expenses), and have the borrower return it.';

/**
 * Records a loan, or a part of it, as paid out by hand: settle-loan-payout.ts activates it when all of it has arrived, as of the statement
 * line's own time. Throws `loan_not_found`, `own_loan`, `loan_not_approved`, `payout_under_way`, `amount_mismatch`, and
 * `paid_out_not_shown` where the money left before the loan was applied for.
 */
export const recordLoanByHand: RecordPaidByHand = async (tx, loanId, sent, { asker, call }) => {
  const loan = await lockApplication(tx, loanId);
  if ([asker, call.caller.id].includes(loan.borrower))
    throw new AppError(
      'own_loan',
      'A loan is entered and approved by others than its borrower: have somebody else reject this entry and enter it again.',
      {
        loanId,
      },
    );
  requireApproved(loan);
  await requireAfterApplication(tx, loan, sent.movedAt);
  await requireStillToBeSent(tx, loan, sent.amountCents);
  const sourceAccount = loanAccount(loanId);
  await openAccount(tx, sourceAccount);
  const payoutId = await recordByHand(tx, { ...sent, kind: 'loan', subjectId: loanId, sourceAccount });
  await tx.update(loans).set({ state: 'disbursing' }).where(eq(loans.id, loanId));
  await record(tx, {
    ...{ actor: call.caller.id, action: 'loan_paid_by_hand', subject: loanId, requestId: call.requestId, happenedAt: sent.now },
    ...{ before: loan.state, after: { payoutId, amount: shillings(sent.amountCents), receipt: sent.portalReceipt } },
  });
};

function requireApproved({ id: loanId, state }: LockedApplication): void {
  if (state === 'approved' || state === 'disbursing') return;
  const next =
    state === 'submitted'
      ? 'decide about it first (POST /api/loans/<id>/decision), then approve this entry again.'
      : `nothing of it is still to be sent. ${INSTEAD}`;
  throw new AppError('loan_not_approved', `This loan is ${state}: ${next}`, { loanId, state });
}

async function requireAfterApplication(tx: Tx, { id: loanId, reference }: LockedApplication, movedAt: Date): Promise<void> {
  const statement = sql`select applied_at > ${instantSql(movedAt)} as before from loans where id = ${loanId}::uuid`;
  const [row] = await readRows(tx, z.object({ before: z.boolean() }), statement);
  if (row?.before)
    throw new AppError(
      'paid_out_not_shown',
      `That money left before ${reference} was applied for, so it did not disburse it: reject this entry, and enter it again with what it was for.`,
      { loanId },
    );
}

async function requireStillToBeSent(tx: Tx, loan: LockedApplication, amountCents: bigint): Promise<void> {
  const { id: loanId, reference } = loan;
  const { paidCents, underWayCents, waiting } = await readLoanPayouts(tx, loanId);
  if (waiting)
    throw new AppError(
      'payout_under_way',
      `A payout of ${reference} waits to be approved: decline it (POST /api/payouts/${waiting.id}/decision with {"decision": "decline"}), then approve this entry again.`,
      { loanId, payoutId: waiting.id },
    );
  if (underWayCents > 0n)
    throw new AppError(
      'payout_under_way',
      `${kes(underWayCents)} of ${reference} are on their way: approve this entry again when M-PESA has said whether they arrived (GET /api/payouts).`,
      { loanId },
    );
  const leftCents = sentCents(loan) - paidCents;
  if (amountCents > leftCents)
    throw new AppError('amount_mismatch', `${kes(leftCents)} of ${reference} are still to be sent, not ${kes(amountCents)}. ${INSTEAD}`, {
      loanId,
    });
}
