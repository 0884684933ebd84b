import { eq } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import { centsFromShillings, kes, shillings } from '#ground/money/cents.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { loans } from './loans.schema.ts';
import { type LockedApplication, lockApplication, requireOtherThan } from './lock-application.ts';
import { loanFee } from './math/loan-fee.ts';
import { previewLoan } from './math/preview-loan.ts';

const which = { id: z.uuid(), note: z.string().trim().min(2).max(200).optional() };

/** Which application, and whether it is approved (in full, or for less) or rejected. The borrower reads the note. */
export const DecideLoanInput = z.discriminatedUnion('decision', [
  z.strictObject({
    ...which,
    decision: z.literal('approve'),
    amount: z.number().int('A loan is whole shillings.').min(1).max(10_000_000).transform(centsFromShillings).optional(),
  }),
  z.strictObject({ ...which, decision: z.literal('reject') }),
]);

/** An approval can be withdrawn until the money is on its way. */
const DECIDABLE: Record<'approve' | 'reject', readonly string[]> = { approve: ['submitted'], reject: ['submitted', 'approved'] };

/**
 * Approves an application, once even if several people decide at the same time, or rejects it, also after an approval. No money moves yet.
 * Nobody decides about their own. Throws `loan_not_found`, `own_loan`, `loan_decided`, `loan_out_of_range`.
 */
export function decideLoan({ db, clock }: Pick<App, 'db' | 'clock'>, input: z.output<typeof DecideLoanInput>, call: Call) {
  const now = clock.now();
  return db.transaction(async (tx) => {
    const loan = await lockApplication(tx, input.id);
    requireOtherThan(loan, call.caller);
    if (!DECIDABLE[input.decision].includes(loan.state))
      throw new AppError('loan_decided', `This loan is ${loan.state} already: it is decided once.`, { loanId: loan.id, state: loan.state });
    const principalCents = input.decision === 'approve' ? approvedCents(loan, input.amount) : loan.principalCents;
    const feeCents = loanFee(loan.feeRule, principalCents);
    const state = input.decision === 'approve' ? 'approved' : 'rejected';
    const decided = {
      state,
      principalCents,
      feeCents,
      decidedBy: call.caller.id,
      decidedAt: now,
      decisionNote: input.note ?? null,
    } as const;
    await tx.update(loans).set(decided).where(eq(loans.id, loan.id));
    await record(tx, {
      ...{ actor: call.caller.id, action: `loan_${state}`, subject: loan.id, requestId: call.requestId, happenedAt: now },
      before: { state: loan.state, amount: shillings(loan.principalCents) },
      after: { state, amount: shillings(principalCents) },
    });
    await promiseNotice(tx, { event: `loan_${state}`, subjectId: loan.id, memberId: loan.memberId, treasurers: true, now });
    const preview = previewLoan({ ...loan, principalCents, feeCents }, nairobiDay(now));
    return { loanId: loan.id, reference: loan.reference, state, ...(state === 'approved' && preview) };
  });
}

/** The approved amount: what was asked for, or less. */
function approvedCents({ principalCents, minCents }: LockedApplication, amountCents = principalCents): bigint {
  if (amountCents <= principalCents && amountCents >= minCents) return amountCents;
  const [min, max] = [shillings(minCents), shillings(principalCents)];
  throw new AppError(
    'loan_out_of_range',
    `Approve the requested ${kes(principalCents)} or less, but not below the product's minimum of ${kes(minCents)}.`,
    {
      min,
      max,
    },
  );
}
