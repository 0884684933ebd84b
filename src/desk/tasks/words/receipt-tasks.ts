import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const {
  readDeposit,
  match,
  refund,
  askReceipt,
  readAnswer,
  importStatement,
  recordMissing,
  listRecorded,
  approveRecorded,
  rejectRecorded,
} = ACTIONS;
const { listWaitingPayouts, approvePayout, declinePayout } = ACTIONS;

const WHILE_OPEN =
  "While this is open a refund takes a second person, and a booking's fee is not paid on to a provider. Where a person closes it, both still take a second person: closing is one person's word.";

/** An M-PESA code is missing, or what was reported of it does not agree with what is proved. */
export const RECEIPT_TASKS: Record<Extract<TaskKind, `receipt_${string}`>, TaskWords> = {
  receipt_missing: {
    title: TASK_TITLES.receipt_missing,
    subject: 'deposit',
    happened: 'A payment was learnt by query and its M-PESA code has not come in 48 hours. The money is booked.',
    todo: 'Import the statement of its day and have it signed, which gives it its code. Or find the code in the portal and record it; a second person approves it.',
    more: ['It does not open again, so close it only when it is done.'],
    actions: [readDeposit, importStatement, recordMissing],
  },
  receipt_doubted: {
    title: TASK_TITLES.receipt_doubted,
    subject: 'deposit',
    happened:
      'A status answer has proved an M-PESA code that a notice reported for something else, and at its time a prompt of the same amount was paid whose own code is missing, unproved, or matched by time alone. Both may be one movement of money.',
    todo: 'Find both on the statement. If there is only one, the notice was false: see `deposit_displaced`. A pull or a statement decides it by itself.',
    more: [
      "The prompt's code that was matched by time alone may be a stranger's payment. The money of the other code stays told until the prompt has a proved code by more than its time, or a list says what was typed; then it is proved by itself.",
      WHILE_OPEN,
      "If the money is the prompt's: that of the other code was refunded already. The task also opens where a list has a payment that would be such a prompt's, but a refund of the code is requested or under way. Decide the refund: once it is declined, the next list puts everything in its place.",
      "Where a signed statement shows the code as reversed in the portal, the prompt's money does not leave either (`reversed_elsewhere`) before the prompt has a proved code of its own.",
    ],
    actions: [readDeposit, importStatement, listWaitingPayouts, approvePayout, declinePayout],
  },
  receipt_payer_differs: {
    title: TASK_TITLES.receipt_payer_differs,
    subject: 'deposit',
    happened:
      'A status answer, a pull or a statement has proved an M-PESA code and names another payer than the notice. The proved payer counts from now on.',
    todo: 'Whoever sent the notice may have wanted the money for themselves: look the code up in the portal, compare the payer with those in `reported`, and close the task with what you found. If a refund was sent before, write down to whom.',
    more: [WHILE_OPEN],
    actions: [readDeposit, askReceipt, readAnswer],
  },
  receipt_told_twice: {
    title: TASK_TITLES.receipt_told_twice,
    subject: 'deposit',
    happened:
      'Two notices reported the same M-PESA code with different payers or for different things: one of them is false. The first counts until a pull or a statement shows what was typed and who paid.',
    todo: 'Look the code up in the portal: `reported` has what each notice said. If something else was typed there than what it paid, refund it; money that waits in suspense can be matched too. Then close the task with what you found.',
    more: ['What has paid for something already is not matched to another (`nothing_in_suspense`).', WHILE_OPEN],
    actions: [readDeposit, match, refund, listWaitingPayouts, approvePayout, declinePayout],
  },
  receipt_words_differ: {
    title: TASK_TITLES.receipt_words_differ,
    subject: 'deposit',
    happened:
      'A pull or a statement has another typed reference for an M-PESA code than the notice by which something was bought. The money is proved and stays where it is.',
    todo: 'Compare the money with the statement. If the notice was false, ask whoever got the goods for the money.',
    more: [
      "The list has no reference at all, as a till's, or a person has matched the money. Where it has one and no person has matched the money, what the notice bought is reversed by itself: `deposit_displaced`.",
      WHILE_OPEN,
    ],
    actions: [readDeposit, askReceipt, readAnswer],
  },
  receipt_recorded: {
    title: TASK_TITLES.receipt_recorded,
    subject: 'recorded',
    happened:
      'Somebody has recorded an M-PESA code that Safaricom never told. Nothing is booked yet: `words` say the code, and where it was found.',
    todo: "Look the code up in the M-PESA organisation portal, or on the payer's phone, with amount and time. Approve it where they agree: it is booked as told money, or becomes the code of its payment. Reject it where they do not.",
    more: [
      'It takes another person than who recorded it.',
      'Safaricom is asked about the code where there is an initiator. When it answers that the payment came, or any other source names the code, it is booked by itself, and the task closes. An answer does not say what it is for: where that is not known, the money waits in suspense to be matched.',
    ],
    actions: [listRecorded, approveRecorded, rejectRecorded],
  },
  receipt_day_differs: {
    title: TASK_TITLES.receipt_day_differs,
    subject: 'deposit',
    happened:
      'The first three characters of an M-PESA code in a notice name another day than its time (or than its arrival, where the time cannot be read), or no day: its money waits unallocated until it is proved. Or a pull or statement has a payment with an impossible time: it is booked as of the day in its code.',
    todo: 'A notice is usually proved within minutes; if not, treat it as forged. For a listed payment, compare the day with the portal where a loan depends on it.',
    actions: [readDeposit, askReceipt, readAnswer],
  },
};
