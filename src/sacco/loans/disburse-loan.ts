import { eq } from 'drizzle-orm';
import * as z from 'zod';
import { loanAccount, openAccount } from '#books/ledger/accounts.ts';
import { record } from '#ground/audit/record.ts';
import type { Call } from '#ground/call.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { shillings } from '#ground/money/cents.ts';
import { decidePayout } from '#mpesa/payouts/decide-payout.ts';
import { openPayout } from '#mpesa/payouts/open-payout.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { loans } from './loans.schema.ts';
import { type LockedApplication, lockApplication, requireOtherThan } from './lock-application.ts';
import { sentCents } from './math/preview-loan.ts';
import { readLoanPayouts } from './read-loan-payouts.ts';

/** Which loan. */
export const DisburseInput = z.strictObject({ id: z.uuid() });

type Opened = { payoutId: string; amountCents: bigint; loan: LockedApplication };

/**
 * Sends the part of an approved loan that has not arrived yet to its borrower's phone, once however often it is called. Up to the limit for one person this
 * call also approves the payout; above it a second person does. Where the float was short, the next call approves it. Throws `loan_not_found`, `own_loan`,
 * `loan_not_approved`, `payout_under_way`, `no_phone`, `payouts_not_configured`, `insufficient_float`.
 */
export async function disburseLoan(
  app: Pick<App, 'db' | 'clock' | 'config' | 'upstairs'>,
  { id }: z.output<typeof DisburseInput>,
  call: Call,
) {
  const { initiator, limits } = app.config;
  if (!initiator)
    throw new AppError('payouts_not_configured', 'Set MPESA_INITIATOR_NAME, MPESA_INITIATOR_PASSWORD and MPESA_CERTIFICATE to pay out.');
  const { payoutId, amountCents, loan } = await app.db.transaction((tx) => openOnce(tx, id, call, app));
  const withinLimit = amountCents <= limits.payoutApprovalAboveCents;
  if (withinLimit) await approve(app, payoutId, call);
  const payout = { payoutId, amount: shillings(amountCents), state: withinLimit ? 'approved' : 'requested' };
  return { loanId: id, reference: loan.reference, state: 'disbursing', payout };
}

/** Opens a payout of what is still to be sent, or returns the one that waits for an approval that this call may give. */
async function openOnce(tx: Tx, id: string, call: Call, { clock, config }: Pick<App, 'clock' | 'config'>): Promise<Opened> {
  const loan = await lockApplication(tx, id);
  requireOtherThan(loan, call.caller);
  const { paidCents, underWayCents, waiting } = await readLoanPayouts(tx, id);
  const amountCents = sentCents(loan) - paidCents;
  if (loan.state !== 'approved' && loan.state !== 'disbursing')
    throw new AppError('loan_not_approved', `This loan is ${loan.state}: only an approved loan can be disbursed.`, {
      loanId: id,
      state: loan.state,
    });
  if (waiting && waiting.amountCents <= config.limits.payoutApprovalAboveCents)
    return { payoutId: waiting.id, amountCents: waiting.amountCents, loan };
  if (waiting) throw underWay(id, 'The payout of this loan waits for a second person.', waiting.id);
  if (underWayCents > 0n || amountCents <= 0n) throw underWay(id, 'The money of this loan is on its way.');
  if (!loan.reachable)
    throw new AppError(
      'no_phone',
      'The borrower has not signed in with their phone, or was disabled: money is sent to verified phones only.',
      {
        loanId: id,
      },
    );
  const now = clock.now();
  await openAccount(tx, loanAccount(id));
  const payoutId = await openPayout(tx, {
    ...{ kind: 'loan', reason: `Loan ${loan.reference}`, subjectId: id, sourceAccount: loanAccount(id), phone: loan.phone },
    ...{ amountCents, requestedBy: call.caller.id, now },
  });
  await tx.update(loans).set({ state: 'disbursing' }).where(eq(loans.id, id));
  await record(tx, {
    ...{ actor: call.caller.id, action: 'loan_disbursing', subject: id, requestId: call.requestId, happenedAt: now },
    ...{ before: loan.state, after: { payoutId, amount: shillings(amountCents) } },
  });
  return { payoutId, amountCents, loan };
}

/** Of several calls at once one approves; the others throw `payout_under_way`. */
async function approve(app: Pick<App, 'db' | 'clock' | 'config' | 'upstairs'>, payoutId: string, call: Call): Promise<void> {
  try {
    await decidePayout(app, { id: payoutId, decision: 'approve' }, call);
  } catch (error) {
    if (error instanceof AppError && error.code === 'payout_decided')
      throw underWay(undefined, 'Somebody else disbursed it already: the money is on its way.', payoutId);
    throw error;
  }
}

const underWay = (loanId: string | undefined, words: string, payoutId?: string): AppError =>
  new AppError('payout_under_way', words, { ...(loanId && { loanId }), ...(payoutId && { payoutId }) });
