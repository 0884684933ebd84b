import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readPaymentOfPrompt, readPaymentTimeline, readMoneyOfReceipt, readPayoutOfReceipt, askReceipt, askOther, readAnswer } = ACTIONS;
const { registerUrls, importStatement, recordReceipt, readMoneyOfPayment } = ACTIONS;

const RECORDED =
  'What the portal has and the books lack: record it with its M-PESA code. It waits for a second person (`receipt_recorded`); what its reference does not name waits in suspense then, and is matched.';

const IF_FORGED = 'If the portal has nothing, somebody forged it: rotate `CALLBACK_TOKEN_KEY`.';

/** Somebody said that money moved, and it does not agree with what we asked for or know. */
export const EVIDENCE_TASKS: Record<Extract<TaskKind, `evidence_${string}`>, TaskWords> = {
  evidence_amount_differs: {
    title: TASK_TITLES.evidence_amount_differs,
    subject: ['receipt', 'attempt'],
    happened:
      'A success names another amount than was requested, or an M-PESA code was reported with another amount than it has. Nothing was booked for the wrong words.',
    todo: `Look the M-PESA code of \`reported\` up in the M-PESA organisation portal and compare its amount with the books. Close the task where the books have the portal's amount and it is proved; ask Safaricom where the books have another amount as proved. ${IF_FORGED}`,
    more: [
      RECORDED,
      'About a prompt: Safaricom is asked about the M-PESA code; what it proves is booked and closes the task, and so does proved money that pays the payment otherwise.',
      'About an M-PESA code: the task closes by itself when a later pull or signed statement lists the code with the amount of the books.',
      'Where a told amount was replaced, what was bought with it has a task of its own (`deposit_refuted`, `deposit_displaced`).',
    ],
    actions: [readPaymentOfPrompt, readMoneyOfReceipt, readPayoutOfReceipt, askOther, readAnswer, recordReceipt],
  },
  evidence_phone_differs: {
    title: TASK_TITLES.evidence_phone_differs,
    subject: 'attempt',
    happened: 'A success names another phone than was prompted. Nothing was booked.',
    todo: `Look the M-PESA code of \`reported\` up in the M-PESA organisation portal and compare it with the prompt. ${IF_FORGED}`,
    more: [
      'Safaricom is asked about the M-PESA code; what it proves is booked and closes the task, and so does proved money that pays the payment otherwise.',
      RECORDED,
    ],
    actions: [readPaymentOfPrompt, askOther, readAnswer, recordReceipt],
  },
  evidence_other_checkout: {
    title: TASK_TITLES.evidence_other_checkout,
    subject: 'attempt',
    happened: 'A callback came to the address of one prompt with the id of another. Nothing was booked.',
    todo: `Look the M-PESA code of \`reported\` up in the M-PESA organisation portal and compare it with the prompt. ${IF_FORGED}`,
    more: [
      'Safaricom is asked about the M-PESA code. Close the task when you have compared; it closes by itself when proved money has paid the payment otherwise.',
      RECORDED,
    ],
    actions: [readPaymentOfPrompt, askOther, readAnswer, recordReceipt],
  },
  evidence_receipt_used: {
    title: TASK_TITLES.evidence_receipt_used,
    subject: ['receipt', 'attempt'],
    happened:
      'A success names an M-PESA code that is proved to have paid something else, or that is a payout of ours. Nothing was booked, and Safaricom is asked about it.',
    todo: 'Look the M-PESA code of `reported` and the prompt up in the portal: one code is one movement of money. If this prompt moved money of its own, its code is another one: record that one.',
    more: [RECORDED],
    actions: [readPaymentOfPrompt, readMoneyOfReceipt, readPayoutOfReceipt, askOther, readAnswer, recordReceipt],
  },
  evidence_doubted: {
    title: TASK_TITLES.evidence_doubted,
    subject: 'attempt',
    happened:
      'A query says that a prompt is paid, but its success was not believed before. It is booked only when Safaricom has answered about the M-PESA code that the success named.',
    todo: 'Wait for the answer: the task closes by itself when it proves the code, or proved money pays the payment otherwise. Else look the code of `reported` up in the portal.',
    more: [RECORDED],
    actions: [readPaymentOfPrompt, askOther, readAnswer, recordReceipt],
  },
  evidence_own_payout: {
    title: TASK_TITLES.evidence_own_payout,
    subject: 'receipt',
    happened:
      "A paybill notice reported an M-PESA code as a customer's payment, but it is a payout of ours, or a signed statement has it as the organisation's own money (a top-up from the bank, a sweep). Nothing is booked for it.",
    todo: 'Whoever sent the notice knows its address, and is somebody who got money from you or sees what comes from the bank: rotate `CALLBACK_TOKEN_KEY`, deploy, and register the addresses again. If a callback named the code, compare both in the M-PESA organisation portal.',
    more: [
      "What had been booked before the statement was signed, even as proved, was removed from the customer's money; what was bought with it has a task of its own (`deposit_refuted`).",
      "Where the code is a prompt's own by its callback, the line is not booked.",
      "Look the code up as money that came and as money that left. If neither has it, it was removed from the books as a customer's payment and is no payout: it is a line of a signed statement.",
      "The task closes by itself when a later signed statement shows the code as your own money, as the books have it, or a list proves it as a customer's. Otherwise close it when you have done that.",
    ],
    actions: [readMoneyOfReceipt, readPayoutOfReceipt, registerUrls],
  },
  evidence_second_receipt: {
    title: TASK_TITLES.evidence_second_receipt,
    subject: 'attempt',
    happened: 'A paid prompt was reported as paid again, with another M-PESA code. The first code stays.',
    todo: 'Look both M-PESA codes of `reported` up in the portal. If both exist, the customer paid twice: record the second one, have it approved, and refund the surplus.',
    more: [RECORDED],
    actions: [readPaymentOfPrompt, readPaymentTimeline, askOther, readAnswer, recordReceipt],
  },
  evidence_contradicts: {
    title: TASK_TITLES.evidence_contradicts,
    subject: 'attempt',
    happened: 'After its success Safaricom reported that the same prompt had failed. It stays paid: proof of money outranks everything.',
    todo: 'Look the M-PESA code of `reported` up in the portal. If M-PESA reversed the payment, import the statement of that day and have it signed: `statement_reversed` then asks for what is to be done.',
    actions: [readPaymentOfPrompt, readMoneyOfPayment, readPaymentTimeline, askReceipt, readAnswer, importStatement],
  },
  evidence_no_attempt: {
    title: TASK_TITLES.evidence_no_attempt,
    subject: 'attempt',
    happened:
      'Safaricom reported a prompt that this database does not know, because it was restored from an older backup. Nothing was booked.',
    todo: 'Compare the M-PESA statement of its time with the books: import it, and have it signed. It books what is missing.',
    more: ['`reported` has what Safaricom said.'],
    actions: [importStatement],
  },
};
