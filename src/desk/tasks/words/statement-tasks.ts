import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { ACTIONS, readFinding } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const {
  importStatement,
  listStatements,
  readStatement,
  signStatement,
  discardStatement,
  withdrawStatement,
  readMoneyOfReceipt,
  askReceipt,
} = ACTIONS;
const { takeBack, enterPaidOut, enterReversal, enterTopUp, readUnproved, readAnswer, listEntries } = ACTIONS;

/** What a statement of M-PESA shows, or lacks. */
export const STATEMENT_TASKS: Record<Extract<TaskKind, `statement_${string}`>, TaskWords> = {
  statement_due: {
    title: TASK_TITLES.statement_due,
    subject: 'days',
    happened:
      "M-PESA's statement of these days is due: of last month on the 1st, and where `MPESA_PULL` is off of each week on Monday. It is requested at 08:00 in Nairobi, and not for days in or before which no money had come to the short code.",
    todo: 'Export it from the M-PESA portal (all transactions of the account that takes payments), import it, and have another person sign it (docs/operations.md, "Statements of M-PESA").',
    more: [
      'The task closes by itself when signed statements cover all of the days; closed by hand, it comes back.',
      'Export when the days are over: a file of the newer layout (`Statements for <code> from <day> to <day>`) does not say when it was exported, and covers the days of its name only if it is imported after them.',
      'Where nothing moved, that file has no line: two people sign it all the same. (It is refused where the books have proved payments of its days, by an M-PESA code or by a query, or paid payouts.) It proves and refutes nothing; the next statement shows by its opening balance that nothing was left out.',
    ],
    actions: [importStatement, listStatements],
  },
  statement_unsigned: {
    title: TASK_TITLES.statement_unsigned,
    subject: 'statement',
    happened: 'A statement was imported and compared with the books. Nothing of it is booked before another person signs it.',
    todo: 'Read its findings and compare it in the portal, then sign it off or discard it.',
    more: [
      'Where the sign-off is refused because it does not join the signed ones, the answer names the signed statement that it clashes with. If that one is wrong, another person than who signed it withdraws it (docs/operations.md, "A statement that should not have been signed"); then sign this one.',
    ],
    actions: [readStatement, signStatement, discardStatement],
  },
  statement_incomplete: {
    title: TASK_TITLES.statement_incomplete,
    subject: 'statement',
    happened:
      'A signed statement has proved what it contains and refuted nothing: it lacks its period, or the opening balance of the first statement of its account, or it is not known to be of the account that customers pay into. Until then money of those days that only a notice reported stays told and cannot leave.',
    todo: 'Import the statement of that account for the same days, with its period, and have it signed. Then close the task by hand: a signed statement is not judged again.',
    more: [
      "The account is known by its payments: a statement without any (a quiet first month) counts only after another signed statement of the same account shows a customer's payment.",
      'After a quiet first month: once there are payments, export the quiet days and the later ones together as one file, and have it signed; it refutes for all of its days. A fresh export of the quiet days alone, signed after one with payments, does the same (the very same file is not accepted twice). If the quiet month is not signed yet, have the statement with payments signed first; then it needs no more.',
    ],
    actions: [readStatement, importStatement, listStatements, readUnproved],
  },
  statement_doubtful: {
    title: TASK_TITLES.statement_doubtful,
    subject: 'statement',
    happened:
      'A signed statement has lines whose M-PESA code shows another day, that are outside its period, or that repeat. Repeated payments, payouts and reversals of ours booked nothing.',
    todo: 'Compare its `problems`, and its lines with the finding `duplicate`, with the portal.',
    more: [
      'A repeated charge, sweep or top-up is booked, and so is a part that was reversed in the portal, since the running balance includes it.',
    ],
    actions: [readStatement, readFinding('duplicate'), withdrawStatement],
  },
  statement_amount_differs: {
    title: TASK_TITLES.statement_amount_differs,
    subject: 'statement',
    happened:
      "A statement has an M-PESA code with another amount than the books. Where only a notice had reported the books' amount, the sign-off has replaced it with the statement's; where it was proved, or is a prompt's or a payout's, nothing was changed.",
    todo: 'Check what was bought with a told amount that was replaced: it was false (`deposit_refuted`); do not book it again. Ask Safaricom about a proved one.',
    more: [
      'A replaced amount has the `verdict` `arrives`, `fills` or `displaces` at its line, and `evidence_amount_differs` of the code is about the same. Where nothing was changed it is `amount_differs` or none.',
    ],
    actions: [readFinding('amount_differs'), askReceipt, readAnswer, withdrawStatement],
  },
  statement_missing_there: {
    title: TASK_TITLES.statement_missing_there,
    subject: 'statement',
    happened:
      'The books have proved money that a whole signed statement of its time does not contain: a success without an M-PESA code, a payout, a payment.',
    todo: "Ask Safaricom about each that is proved: the finding lists them under `movements`. A payment that only a list of Safaricom's had may have come to another short code of yours: import that one's statement first. Where it answers that one is completed, that one took place and the books are right: `creditParty` of the answer says which of your short codes received it. If that is another one, import its statement. If it is this one, the file lacks what took place: export its days anew and compare. Where the new file has it, the signed one is wrong: have it withdrawn, which closes the task, and have the new one signed. Where it lacks it too, write down the answer, and close the task by hand once all of its lines are answered. What Safaricom does not know is settled on paper, since no request takes proved money out of the books (`deposit_not_refuted`).",
    more: [
      'On paper, as for what somebody owes us (docs/operations.md, "What somebody owes us back"): two people write down the M-PESA code, the amount and what they found, the accountant books the loss in your accounts, and one of them closes the task with a note that names the paper. The balance watch shows the same amount as less: accept it there.',
      'Where a payout is among them, the task does not close by itself. Otherwise it closes when the last of them is moved to its own short code, and with the next signed statement where the last was taken back or got its M-PESA code.',
    ],
    actions: [readFinding('missing_there'), askReceipt, readAnswer, importStatement, withdrawStatement],
  },
  statement_line_unknown: {
    title: TASK_TITLES.statement_line_unknown,
    subject: 'statement',
    happened: 'A line of a signed statement brings money, and its description is none that is known. Nothing was booked for it.',
    todo: "Read M-PESA's words at the line. If it came from the bank, enter a top-up: the next statement recognises it.",
    actions: [readFinding('missing_here'), enterTopUp],
  },
  statement_line_failed: {
    title: TASK_TITLES.statement_line_failed,
    subject: 'receipt',
    happened:
      'A line of a signed statement could not be settled. The other lines are settled, and it refutes nothing (`verdict` of the line: `failed`).',
    todo: 'The line is in `amounts`, with its amount and time. Whoever runs the site reads why under `statement_line_not_settled` in the log of the function, and corrects the cause. Then import a later export with that line and have it signed: that settles it and closes the task.',
    actions: [readStatement, readMoneyOfReceipt, importStatement],
  },
  statement_reversed: {
    title: TASK_TITLES.statement_reversed,
    subject: ['receipt', 'statement'],
    happened:
      "A customer's payment was reversed in the portal, and the books still have it. It is locked (`reversed_elsewhere`): no refund, reversal or match, and what was requested is neither approved nor sent; it has left the float and is in `receivables` until it is taken back.",
    todo: 'Ask who did it, then take it back, which closes the task. Reversed whole, it is taken back wherever it is (as for `deposit_refuted`).',
    more: [
      'The subject is the M-PESA code of the payment. Or, where `words` say so, it is that of a reversal whose statement does not say which payment it reversed (or the statement, where there are more than twenty): see docs/operations.md, "A reversal that does not say which payment".',
      "What had paid for nothing yet was taken back at once, without a task. A payment that was never reported is locked or taken back when it is; a notice of it waits for proof. Until then no prompt's money leaves whose code may be that one.",
      'Reversed in part, the part is booked as a refund: out of the surplus, suspense or the sale, with a credit note that says the reason (a counter sale had no invoice and gets none: its sales and VAT go down), out of savings, or out of a booking\'s fee (docs/operations.md, "A part of savings or of a booking\'s fee"). The rest is free again. Each further part that a signed statement shows opens the task again.',
      "While a prompt's money has a code that its callback did not name, the part may be another customer's, and the take-back is refused (`deposit_not_refuted`): import and sign whole statements of the time in which the prompt could be paid. If they show another payment that fits it too, only the callback helps, or reversing the rest in the portal.",
      'A part of what repaid a loan: reverse the repayment first, take the part back, then match what is left to the loan. A payout of ours that came back (no payment has the code) is yours to book too.',
      'While a payout of that money is requested or under way, the take-back is refused (`payout_under_way`): decline the payout, or wait for its end.',
      'About an M-PESA code, a further statement with the same line does not open it again: close it only when it is done.',
    ],
    actions: [readMoneyOfReceipt, takeBack, readFinding('reversed'), enterReversal, listEntries, ACTIONS.approveEntry],
  },
  statement_money_out: {
    title: TASK_TITLES.statement_money_out,
    subject: ['receipt', 'statement'],
    happened:
      'A signed statement shows money that left and is in no payout; usually somebody paid in the portal. Until it is booked the float is too high by it.',
    todo: 'Find out who sent it and what for, by the line in `amounts`, and ask Safaricom about the M-PESA code. Then enter it as `paid_out` with its code and what it was for (whose money, which loan, which booking), and have a second person approve it: that closes the task (docs/operations.md, "The balance watch").',
    more: [
      'The task of a statement closes with the last of its lines.',
      'About an M-PESA code, a further statement with the same line does not open it again: close it only when it is done.',
    ],
    actions: [askReceipt, readAnswer, enterPaidOut, listEntries, ACTIONS.approveEntry, readFinding('missing_here')],
  },
};
