import { eq, sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { declineWaiting } from '#mpesa/payouts/open-payout.ts';
import { promiseNotice } from '../members/promise-notice.ts';
import { activateLoan } from './activate-loan.ts';
import { bookPaidTwice } from './book-paid-twice.ts';
import { loans } from './loans.schema.ts';
import { type LockedApplication, lockApplication } from './lock-application.ts';
import { sentCents } from './math/preview-loan.ts';
import { type LoanPayouts, readLoanPayouts } from './read-loan-payouts.ts';

/** The states from which arrived money activates a loan: withdrawn and rejected too, as a loan may be given up while its money only seems not to arrive. */
const NOT_ACTIVE = ['approved', 'disbursing', 'withdrawn', 'rejected'];

const Told = z.object({ loanId: z.uuid(), failed: z.boolean() });

/**
 * Handles `loan_payout_settled`: the loan becomes active when all of its money has arrived, goes back to approved when none has arrived and no payout of it is
 * on its way or waits for approval, and stays `disbursing` in between. It reads all payouts of the loan as they are now, whichever one the message names. One
 * transaction; safe to call twice, in any order, and at once.
 */
export const settleLoanPayout: Deliver<'loan_payout_settled'> = async ({ db, clock }, { payoutId }) => {
  const now = clock.now();
  await db.transaction(async (tx) => {
    const told = await readTold(tx, payoutId);
    const loan = await lockApplication(tx, told.loanId);
    const payouts = await readLoanPayouts(tx, loan.id);
    const owedCents = sentCents(loan);
    if (payouts.paidCents > owedCents) await bookPaidTwice(tx, loan.id, payouts.paidCents - owedCents, now);
    if (payouts.waiting && payouts.paidCents + payouts.underWayCents + payouts.waiting.amountCents > owedCents) {
      await declineWaiting(tx, payouts.waiting.id, { loanId: loan.id }, now); // its money has arrived another way
      payouts.waiting = null;
    }
    if (!NOT_ACTIVE.includes(loan.state)) return;
    if (payouts.lastPaidAt && payouts.paidCents >= owedCents) await activateLoan(tx, loan, payouts.lastPaidAt, now);
    else await goOn(tx, loan, payouts, { payoutId, failed: told.failed, now });
  });
  return undefined;
};

async function readTold(tx: Tx, payoutId: string) {
  const [told] = await readRows(
    tx,
    Told,
    sql`
    select subject_id as loan_id, exists (select from withdrawals w where w.payout_id = p.id and w.state = 'rejected') as failed
    from payouts p where p.id = ${payoutId}::uuid and p.kind = 'loan'`,
  );
  if (!told) throw new Error('This payout belongs to no loan.');
  return told;
}

/** Not all has arrived: the loan waits for what is on its way, or for somebody to send what is missing. */
async function goOn(
  tx: Tx,
  loan: LockedApplication,
  { paidCents, underWayCents, waiting }: LoanPayouts,
  { payoutId, failed, now }: { payoutId: string; failed: boolean; now: Date },
): Promise<void> {
  const open = underWayCents > 0n || waiting !== null;
  const nothing = loan.state === 'disbursing' ? 'approved' : loan.state;
  const state = open || paidCents > 0n ? 'disbursing' : nothing;
  if (state !== loan.state) {
    await tx.update(loans).set({ state }).where(eq(loans.id, loan.id));
    const [before, after] = [loan.state, state];
    await record(tx, { actor: 'safaricom', action: 'loan_payout_settled', subject: loan.id, before, after, happenedAt: now });
  }
  if (failed && !open)
    await promiseNotice(tx, {
      event: 'loan_payout_failed',
      subjectId: loan.id,
      cause: payoutId,
      memberId: loan.memberId,
      treasurers: true,
      now,
    });
}
