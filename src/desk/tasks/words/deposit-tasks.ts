import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readDeposit, refund, listWaitingPayouts, approvePayout, declinePayout, takeBack, askReceipt, readAnswer } = ACTIONS;
const { importStatement, listStatements, registerUrls } = ACTIONS;

/** What became of money that was reported: unproved, refuted, displaced, or proved in the end. */
export const DEPOSIT_TASKS: Record<Extract<TaskKind, `deposit_${string}`>, TaskWords> = {
  deposit_unconfirmed: {
    title: TASK_TITLES.deposit_unconfirmed,
    subject: 'deposit',
    happened:
      'Five questions in two days gave no clear answer about an M-PESA code that only a paybill notice has reported: no answer at all, or one that names neither payer nor payee. Whether the money came is open; it is in `paybill_told:<code>` and cannot leave.',
    todo: 'Export the statement of its day and have it signed. It proves the code or refutes it (`deposit_refuted`), and either closes this.',
    more: [
      'If that day is in a signed statement already and this stays open, the code is of another day than its time, or the statement refutes nothing (`statement_incomplete`).',
    ],
    actions: [readDeposit, importStatement, listStatements, askReceipt, readAnswer],
  },
  deposit_not_confirmed: {
    title: TASK_TITLES.deposit_not_confirmed,
    subject: 'deposit',
    happened:
      'Safaricom says that an M-PESA code has another amount, another merchant or a person as payee, is a payout of ours, or was not completed or was reversed. (An answer that names nobody opens no task: the code is asked about again.)',
    todo: 'Look the code up on the statement. If it is not there, the notice was forged: withhold what was bought with it, rotate `CALLBACK_TOKEN_KEY`, deploy, and register the addresses again.',
    more: [
      'A whole pull of 48 hours that ends six hours after its time refutes it, and so does a signed statement of that time, even where the notice came later. Then this closes and `deposit_refuted` takes its place. If neither has listed that time, export that day.',
    ],
    actions: [readDeposit, importStatement, askReceipt, readAnswer, registerUrls],
  },
  deposit_refuted: {
    title: TASK_TITLES.deposit_refuted,
    subject: 'deposit',
    happened:
      'Safaricom does not have money that a notice reported: a whole list of payments of its time, read before or after the notice, does not contain the M-PESA code, or the code belongs to another prompt. The money is locked.',
    todo: 'Take it back: that reverses it everywhere, the sale with a credit note, a booking, savings, repayments. The payment becomes `reversed`. A treasurer or administrator does it.',
    more: [
      'Where another payment has its M-PESA code now, the money shows that code as `lostReceipt`, and the other money as `sameAs`.',
      'A refund or a match of it is refused as `deposit_refuted`.',
      'Proof that comes later still wins.',
    ],
    actions: [readDeposit, takeBack],
  },
  deposit_displaced: {
    title: TASK_TITLES.deposit_displaced,
    subject: 'deposit',
    happened:
      'A notice reported an M-PESA code for something else, and a callback, a pull or a statement has proved that it belongs to its own prompt or paid for something else of ours. What the notice had paid was reversed by itself, except loan repayments (`deposit_refuted`).',
    todo: 'Check what was delivered for it: it was not paid. `lostReceipt` of the money is the code that it had, `sameAs` the money that has it now. Rotate `CALLBACK_TOKEN_KEY` if somebody did it on purpose.',
    more: [
      'An unapproved payout that was to refund this money, or pay it on to a provider, was declined by itself; `words` name it. An approved one is checked before it is sent. While it may leave, its amount is owed to us (`taken_back_short`); if it does not leave, that is reversed and the task closes.',
    ],
    actions: [readDeposit, registerUrls],
  },
  deposit_proved_after_all: {
    title: TASK_TITLES.deposit_proved_after_all,
    subject: 'deposit',
    happened: 'Proof of it came late, and it is booked again. The payment that it had paid stays reversed.',
    todo: 'Refund it. The task closes with the last shilling.',
    more: [
      'Where the payment had not paid for anything of ours, the money waits in suspense instead, and `unidentified_deposit` takes a match.',
    ],
    actions: [readDeposit, refund, listWaitingPayouts, approvePayout, declinePayout],
  },
};
