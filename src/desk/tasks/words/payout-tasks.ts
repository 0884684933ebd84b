import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { ACTIONS, readFinding } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readPayout, readPayoutTimeline, requestPayout, refund, importStatement, askOther, readAnswer } = ACTIONS;
const { listWaitingPayouts, listStatements, approvePayout, declinePayout, matchOwed, enterPaidOut } = ACTIONS;

const CLOSES = 'The task closes by itself when Safaricom has said that the payout was paid, and that is booked.';
const NEVER_AGAIN = 'Never request it again before you know.';

/** A result that disagrees, of which only what differs is to be said. */
const disagrees = (title: string, what: string, ...more: string[]): TaskWords => ({
  title,
  subject: 'payout',
  happened: `${what} Nothing was booked.`,
  todo: 'Import the statement of that day and have it signed: what left and is no payout becomes `statement_money_out`. Then close the task.',
  more: [...more, '`reported` has the code, the amount and the time that Safaricom named; its timeline shows when it said what.'],
  actions: [readPayout, readPayoutTimeline, askOther, readAnswer, importStatement],
});

/** Money that left, or should have. */
export const PAYOUT_TASKS: Record<Extract<TaskKind, `payout_${string}`>, TaskWords> = {
  payout_rejected: {
    title: TASK_TITLES.payout_rejected,
    subject: 'payout',
    happened:
      "M-PESA has refused a payout, or a part of it, for good; `words` have Safaricom's reason. The money is back where it came from.",
    todo: 'Correct what the words name (the phone, the limit, the float), then request it again: a payment as a payout, a refund as a refund, a booking by `retry-payout` (`POST /api/bookings/<booking id>/resolve`), a loan by `POST /api/loans/<loan id>/disburse`.',
    more: [
      'The reason is also in `why` of the parts of the payout; docs/troubleshooting.md, "Results of a payout", lists all reasons and what to do.',
      "A loan's payout notifies its treasurers itself.",
      'The task closes by itself when the money has arrived after all, or when as much was requested again and paid: of the same refunded money, or to the same phone. If you paid another phone instead, close it yourself.',
    ],
    actions: [readPayout, requestPayout, refund, listWaitingPayouts, approvePayout, declinePayout],
  },
  payout_of_copy: {
    title: TASK_TITLES.payout_of_copy,
    subject: 'payout',
    happened:
      'The database was restored, and this payout waited for approval when the backup was made. It may have been approved and paid since.',
    todo: 'Look for it in the M-PESA organisation portal, from the time of the backup on. If it was paid, decline it, enter what was paid (docs/operations.md, "The balance watch") and close this task; if not, close this task, and then have another person than who requested it approve it.',
    more: ['Approving is refused while this task is open; declining is not.'],
    actions: [readPayout, approvePayout, declinePayout, enterPaidOut, importStatement],
  },
  payout_unresolved: {
    title: TASK_TITLES.payout_unresolved,
    subject: 'payout',
    happened: 'A payout was sent 24 hours ago, and no result or answer has said whether it was paid.',
    todo: `Look for it on the M-PESA statement. ${NEVER_AGAIN} If the statement does not have it and Safaricom answers that it has no such payment, have it sent again: the id stays the same, so M-PESA pays it once.`,
    more: [
      'A payout that was reserved in a restored copy and that nobody had sent ends here too.',
      'What Safaricom answers when you ask is booked, and closes the task where it says how the payout ended.',
      'It does not open again, so close it only when it is done.',
    ],
    actions: [readPayout, importStatement, ACTIONS.askPart, readAnswer, ACTIONS.sendAgain],
  },
  payout_paid_late: {
    title: TASK_TITLES.payout_paid_late,
    subject: 'payout',
    happened:
      'M-PESA has paid it after all. It is booked, and one that waits to be approved in its place is refused as `payout_under_way` while this task is open.',
    todo: 'Decline what waits in its place, or close this task where it is for something else: then it can be approved. If another of the same amount was sent already, have the payee return one.',
    more: [
      'The task closes by itself when nothing waits in its place any more, but not while another of the same amount to the same phone is approved or paid.',
      'Of refunds and loans `refund_exceeds_payment` and `loan_paid_twice` say how much is too much. What a supplier returns comes to the paybill, waits in suspense, and is settled on paper.',
    ],
    actions: [readPayout, listWaitingPayouts, declinePayout],
  },
  payout_other_conversation: {
    title: TASK_TITLES.payout_other_conversation,
    subject: 'payout',
    happened: "A result about something else came to a payout's address. Nothing moved, and the status is asked.",
    todo: 'Wait: it closes by itself when the right result or the status arrives.',
    actions: [readPayout],
  },
  payout_already_reversed: {
    title: TASK_TITLES.payout_already_reversed,
    subject: 'payout',
    happened:
      'M-PESA answered a reversal of ours with "already reversed" (R000001): somebody had reversed that payment in the portal before, and M-PESA does not say how much of it. Ours refunded nothing; its money stays reserved, and the payment is locked.',
    todo: 'Import the statement of the days from the payment to the request, of the short code that was paid, and have it signed.',
    more: [
      'The task closes by itself when signed statements show the whole payment as reversed, or a part and every one of these days (a file of the newer layout shows its days until its newest line: export one that ends later). Then the payout is rejected, what was reversed is taken back (`statement_reversed`), and the rest is free again.',
      'While they show nothing reversed the task stays: a day or another short code of yours is missing, or two people have to say which payment a line reversed (docs/operations.md, "A reversal that does not say which payment").',
      'A task `payout_rejected` of it opens then: where the whole was reversed close it, else refund the rest.',
    ],
    actions: [readPayout, importStatement, listStatements],
  },
  payout_two_receipts: {
    title: TASK_TITLES.payout_two_receipts,
    subject: 'payout',
    happened: "A payout's success names two M-PESA codes. The status is asked, and its code is booked.",
    todo: 'If it stays open for an hour, look both codes of `reported` up in the portal.',
    actions: [readPayout, askOther, readAnswer],
  },
  payout_amount_differs: disagrees(TASK_TITLES.payout_amount_differs, 'A result names another amount than the payout has.', CLOSES),
  payout_second_receipt: disagrees(
    TASK_TITLES.payout_second_receipt,
    'A paid payout was reported as paid again, with another M-PESA code.',
  ),
  payout_receipt_used: disagrees(
    TASK_TITLES.payout_receipt_used,
    "A payout's result names an M-PESA code that is another movement's.",
    CLOSES,
  ),
  payout_contradicts: disagrees(TASK_TITLES.payout_contradicts, 'A result disagrees with an earlier result of the same payout.'),
  payout_no_withdrawal: disagrees(TASK_TITLES.payout_no_withdrawal, 'A result is about a payout that this database does not know.'),
  payout_on_statement: {
    title: TASK_TITLES.payout_on_statement,
    subject: 'payout',
    happened:
      'A signed statement shows money that left and may be a payout (or reversal) of ours whose end Safaricom has not said, though it was asked again.',
    todo: `Find its M-PESA code among the lines of the statement with the finding \`unresolved\`, compare it with the payout, and ask Safaricom about the payout by its id. ${NEVER_AGAIN}`,
    more: [
      'What Safaricom answers about the id is booked; about an M-PESA code it is shown alone.',
      'The task closes by itself when its end is known; if it was not paid, the line becomes `statement_money_out` or `statement_reversed`.',
      'It does not open again, so close it only when it is done.',
    ],
    actions: [readPayout, readFinding('unresolved'), ACTIONS.askPart, askOther, readAnswer],
  },
};

/** Payouts as such, and refunds that are not what they were meant to be. */
export const REFUND_TASKS: Record<'payouts_stopped' | 'refund_exceeds_payment' | 'reversal_of_another', TaskWords> = {
  payouts_stopped: {
    title: TASK_TITLES.payouts_stopped,
    subject: 'reason',
    happened:
      'Safaricom refused our initiator (password expired, locked, without the role), or a person has stopped payouts (`by_hand`; `words` say why). Nothing more is sent.',
    todo: 'Correct it in the M-PESA organisation portal and the configuration, or do what the words ask for. Then start payouts again (docs/operations.md, "Stopping payouts"): what waited leaves once.',
    more: ['Starting them closes the task; while they are stopped it is closed in no other way.'],
    actions: [ACTIONS.readStopped, ACTIONS.readBalances, ACTIONS.startPayouts],
  },
  refund_exceeds_payment: {
    title: TASK_TITLES.refund_exceeds_payment,
    subject: 'payout',
    happened:
      "A refund, or a payout of a booking's fee, that M-PESA had rejected was paid after all, when another one had been paid in its place: more left than there was. The subject is the payout under which the excess is owed.",
    todo: 'Ask whoever received it to pay it back: `owed` of the payout is how much.',
    more: [
      'What we had refunded and somebody then reversed in the portal is another debt, even of the same payment: `taken_back_short` of its money has it. Each is paid back under its own subject.',
      'The credit notes come to the invoice and no more; the excess is in `receivables`.',
      'Money that comes back at the paybill waits in suspense (`unidentified_deposit`): match it with `{"receivable": "<subject of this task>"}` once it is proved. The task closes with the last shilling. What never comes back is written off in your accounts (docs/operations.md, "What somebody owes us back").',
    ],
    actions: [readPayout, ACTIONS.readSuspense, matchOwed],
  },
  reversal_of_another: {
    title: TASK_TITLES.reversal_of_another,
    subject: 'payout',
    happened:
      "A prompt had an M-PESA code by a guess, and its payment was reversed under that code. The code turned out to be somebody else's payment, so Safaricom reverses theirs.",
    todo: "Refund the prompt's money too, or sell the customer again what they paid for. If the reversed payment had paid for something, its payer owes it again.",
    more: [
      'Until Safaricom says how the reversal ended, the money of the other payer is in suspense and is matched to nothing (`nothing_in_suspense`). The reversal is now booked to their payment, so that it is refunded once.',
      "The prompt's own money is still here as its customer's (`surplus_payment` of it), and its payment is `reversed`.",
    ],
    actions: [readPayout, ACTIONS.readSurplus, refund, listWaitingPayouts, approvePayout, declinePayout],
  },
};
