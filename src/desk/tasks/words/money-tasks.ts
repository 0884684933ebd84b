import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readDeposit, match, matchOwed, refund, listWaitingPayouts, approvePayout, declinePayout, readPaymentOfPrompt, importStatement } =
  ACTIONS;
const { retryAllocation, askPrompt, recordReceipt, askOther, readAnswer } = ACTIONS;

/** The refund of money, and its decision. */
const REFUND = [refund, listWaitingPayouts, approvePayout, declinePayout] as const;

type Kind =
  | 'unidentified_deposit'
  | 'underpaid_deposit'
  | 'surplus_payment'
  | 'taken_back_short'
  | 'debt_overpaid'
  | 'allocation_failed'
  | 'attempt_unresolved';

/** Money that came and has no place, and prompts that have no end. */
export const MONEY_TASKS: Record<Kind, TaskWords> = {
  unidentified_deposit: {
    title: TASK_TITLES.unidentified_deposit,
    subject: 'deposit',
    happened:
      'Somebody paid the paybill with a reference that names nothing, a loan repayment was reversed, or Safaricom confirmed a recorded receipt without saying what it is for. The money is in `suspense`.',
    todo: 'Find out what it is for and match it, or refund it. The task closes with the last shilling.',
    more: [
      '`candidates` are open payments, loans and savings that it may be for, the most likely first, each with the reasons: its reference, phone or amount.',
      'While any of it waits, closing by hand is refused (`task_money_waits`).',
      'A refund leaves once somebody approves it (docs/operations.md, "Who may approve money out"). Declined, the money waits here again.',
    ],
    actions: [readDeposit, match, ...REFUND],
  },
  underpaid_deposit: {
    title: TASK_TITLES.underpaid_deposit,
    subject: 'deposit',
    happened: 'The payment that was named costs more than came. The money is in `suspense`.',
    todo: 'A payment is paid whole: have them pay what they owe, and refund this or match it to another payment. The task closes with the last shilling.',
    more: ['While any of it waits, closing by hand is refused (`task_money_waits`).'],
    actions: [readDeposit, match, ...REFUND],
  },
  surplus_payment: {
    title: TASK_TITLES.surplus_payment,
    subject: 'deposit',
    happened: 'More came than was owed, or the same was paid twice. The surplus is in `customer_credit`.',
    todo: 'Refund it. The task closes with the last shilling.',
    more: [
      '`waiting` is what is left of it. `GET /api/deposits?state=surplus` lists all that is owed back.',
      'While any of it waits, closing by hand is refused (`task_money_waits`).',
    ],
    actions: [readDeposit, ...REFUND],
  },
  taken_back_short: {
    title: TASK_TITLES.taken_back_short,
    subject: 'deposit',
    happened:
      "Less money was there to take back than a refuted deposit had paid, than Safaricom reversed (`reversal_of_another`; it had been matched meanwhile), or than was reversed in part in the portal. The savings hold less, or the booking's fee was paid out or became income; the rest is in `receivables`.",
    todo: 'Ask whoever received it to pay it: `owed` of the money is how much.',
    more: [
      'A usual cause is an order that was partly refunded by us and then reversed in the portal. A rejected refund that was paid after all is another debt, even of the same payment: `refund_exceeds_payment` of its payout has it.',
      'Money that comes back at the paybill waits in suspense (`unidentified_deposit`): match it with `{"receivable": "<subject of this task>"}` once it is proved. The task closes with the last shilling. What never comes back is written off in your accounts (docs/operations.md, "What somebody owes us back").',
    ],
    actions: [readDeposit, ACTIONS.readSuspense, matchOwed],
  },
  debt_overpaid: {
    title: TASK_TITLES.debt_overpaid,
    subject: ['payout', 'deposit', 'loan'],
    happened:
      'Somebody paid back what they owed us, and their money was matched to it. Then a statement or another proof took the debt off the books, or a part of it: `receivables` is below zero for it, so we owe them.',
    todo: 'Undo the match, as another person than who matched: the money waits in suspense again (`unidentified_deposit`). Refund it, or match what is still owed of it again.',
    more: ['`owed` below zero says how much it is. The task closes by itself once the match is undone, or the debt is there again.'],
    actions: [ACTIONS.unmatch, ACTIONS.readSuspense],
  },
  allocation_failed: {
    title: TASK_TITLES.allocation_failed,
    subject: 'deposit',
    happened: 'Settled money could not be allocated to what it pays for in three tries; `words` say why. It is in `clearing`.',
    todo: 'Correct the cause (`allocation_failed` in the function\'s log says where it is), then retry it (docs/operations.md, "Dead letters").',
    actions: [readDeposit, retryAllocation],
  },
  attempt_unresolved: {
    title: TASK_TITLES.attempt_unresolved,
    subject: 'attempt',
    happened: 'A prompt was sent 24 hours ago, and neither a callback nor any answer has said whether it was paid.',
    todo: 'Ask once more. If it stays open, look for amount, time and reference in the M-PESA organisation portal: record what is there, or import the statement.',
    more: [
      'A recorded receipt waits for a second person (`receipt_recorded`); approved, it pays what its reference names, else it waits in suspense and is matched.',
      'Asking closes it where Safaricom says how the prompt ended, and so does matching the money to its payment, or the proof of a recorded receipt. It does not open again, so close it only when it is done.',
    ],
    actions: [readPaymentOfPrompt, ACTIONS.readPaymentTimeline, askPrompt, recordReceipt, importStatement, askOther, readAnswer],
  },
};
