import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readBooking, releaseFee, keepFee, refundFee, readLoan, readLoanTimeline, requestWaiver } = ACTIONS;
const { listWaitingPayouts, approvePayout, declinePayout } = ACTIONS;

/** What becomes of a fee; what leaves is a payout that somebody approves. */
const DECIDE = [readBooking, releaseFee, keepFee, refundFee, listWaitingPayouts, approvePayout, declinePayout] as const;

/** Bookings and loans that only a person can put right. */
export const BOOKING_AND_LOAN_TASKS: Record<Extract<TaskKind, `booking_${string}` | `loan_${string}`>, TaskWords> = {
  booking_paid_late: {
    title: TASK_TITLES.booking_paid_late,
    subject: 'booking',
    happened: 'The booking had expired when its fee came. The fee is held, and nothing happens by itself.',
    todo: 'An administrator decides what becomes of the fee. Any decision closes the task; money to the provider or back to the payer leaves once its payout is approved.',
    actions: DECIDE,
  },
  booking_undecided: {
    title: TASK_TITLES.booking_undecided,
    subject: 'booking',
    happened:
      'What was to happen to a held fee by itself could not be done: `booking_undecided` in the log says why (often another phone paid than the one that booked). Or a part of the fee was reversed in the portal (`words` say so), and nothing happens to the rest by itself.',
    todo: 'An administrator decides it, with `phoneNumber` if that was missing. Any decision closes the task.',
    actions: DECIDE,
  },
  loan_paid_twice: {
    title: TASK_TITLES.loan_paid_twice,
    subject: 'loan',
    happened:
      'A payout of a loan that M-PESA had rejected was paid after all, when another one had been sent in its place. The loan counts once; the excess is in `receivables`, and the borrower owes it.',
    todo: 'Compare the payouts of the loan with the M-PESA statement, and ask the borrower to pay the excess back: `owed` of the loan is how much.',
    more: [
      'Have them type a word at the paybill that is no reference, such as RETURN: then it waits in suspense (`unidentified_deposit`). Match it with `{"receivable": "<subject of this task>"}` once it is proved. The task closes with the last shilling.',
      'What came under the reference of the loan has paid instalments, and then savings: take that repayment back (`POST /api/repayments/<id>/reverse`), and it waits in suspense too.',
      'What comes at the bank or in cash, or never, is settled on paper (docs/operations.md, "What somebody owes us back"). So is all of it where `owed` is 0 and nobody has paid: an earlier release left the excess in the account of the loan.',
    ],
    actions: [readLoan, readLoanTimeline, ACTIONS.readSuspense, ACTIONS.matchOwed],
  },
  loan_excess_spent: {
    title: TASK_TITLES.loan_excess_spent,
    subject: 'loan',
    happened:
      'A repayment was reversed, or one was found late. Excess that had gone to savings now belongs to the loan, and the savings no longer hold all of it; `words` say how much is missing.',
    todo: 'Have the borrower pay it again, and waive a penalty that would not have been charged. Then close the task.',
    actions: [readLoan, requestWaiver],
  },
};
