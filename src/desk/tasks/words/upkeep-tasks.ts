import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readLetters, retryMessage, discardMessage, retryNotice, discardNotice } = ACTIONS;
const {
  retryNotices,
  registerUrls,
  importStatement,
  readErrors,
  readHealth,
  sendInvoice,
  readMoneyOfPayment,
  readPayout,
  listUnreachable,
  unlockPhone,
} = ACTIONS;

type Kind =
  | 'c2b_notice_quarantined'
  | 'pull_unreadable'
  | 'spilled_unreadable'
  | 'dead_letter'
  | 'person_unreachable'
  | 'daily_limit_half_used'
  | 'payment_reference_missing'
  | 'restore_drill'
  | 'job_failed';

/** What cannot be read, sent or run. */
export const UPKEEP_TASKS: Record<Kind, TaskWords> = {
  c2b_notice_quarantined: {
    title: TASK_TITLES.c2b_notice_quarantined,
    subject: 'notice',
    happened: 'Its text is not that of a notice, or it is about another short code. Nothing was booked.',
    todo: 'If it is a further number of yours, add it to `MPESA_SHORTCODES`. After a correction, read all of them again. What is not yours was sent by somebody who knows the address: rotate `CALLBACK_TOKEN_KEY`, deploy, register the addresses again, and discard it.',
    more: [
      'Each notice has a task of its own. Reading again closes the tasks of those that could be read, or that a pull has booked meanwhile.',
    ],
    actions: [retryNotices, registerUrls, readLetters, retryNotice, discardNotice],
  },
  pull_unreadable: {
    title: TASK_TITLES.pull_unreadable,
    subject: 'shortcode',
    happened:
      "Safaricom's list of payments to a short code has rows that cannot be read or settled (`pull_row_not_settled` in the log says why); `words` name their M-PESA codes. Or the list repeats itself endlessly: what follows was not read, and the run does not count as whole.",
    todo: 'Look the M-PESA codes up in the portal, and import the statement of that time, which books them.',
    more: [
      'These rows book nothing and refute nothing: a code in such a row counts as listed, and a row without a code makes the whole list refute nothing.',
      'The task closes by itself when all codes are in the books or a later whole list has them readable. Where rows had no code or the list no end, it closes when a later whole list or signed statements cover that time.',
    ],
    actions: [importStatement],
  },
  spilled_unreadable: {
    title: TASK_TITLES.spilled_unreadable,
    subject: 'callback',
    happened:
      'A callback that was kept while the database was away cannot be read: its key is no longer in `ENCRYPTION_KEYS`, or it was altered. Nothing was booked; it stays in Blobs for seven days from its arrival.',
    todo: 'Put the earlier key back behind the present one in `ENCRYPTION_KEYS` and deploy: the callback is read in within a minute, and the task closes. Otherwise look for its money on the M-PESA statement.',
    actions: [readHealth, importStatement],
  },
  dead_letter: {
    title: TASK_TITLES.dead_letter,
    subject: 'message',
    happened: 'It was given up: after 8 tries, or at once where the provider refuses its content (a mail that is too large).',
    todo: 'Read why, correct the cause, then retry or discard it (docs/operations.md, "Dead letters").',
    actions: [readLetters, retryMessage, discardMessage],
  },
  person_unreachable: {
    title: TASK_TITLES.person_unreachable,
    subject: ['invoice', 'person'],
    happened:
      "An SMS or e-mail provider refuses this person's number or address for good (blocked, not valid): nothing more is sent there. The subject is the person, or `invoice:<id>` for a customer.",
    todo: 'Ask them to unblock the number, then unlock the phone; or for another e-mail, and change it (`POST /api/people/<person id>`, an administrator): a changed one is tried again. No request changes a number. For a customer, send the invoice again or hand over the PDF. Then close the task by hand.',
    more: ['The message that was refused stays a dead letter: retry or discard it there.'],
    actions: [listUnreachable, unlockPhone, sendInvoice, readLetters],
  },
  daily_limit_half_used: {
    title: TASK_TITLES.daily_limit_half_used,
    subject: 'limit',
    happened: "Half of a day's prompts, bookings or codes are used up. The subject says which, and the day.",
    todo: 'A good day: raise `LIMIT_PROMPTS_PER_DAY` or `LIMIT_CODES_PER_DAY` and deploy. A wave of strangers: read which payments failed, and why.',
    more: [
      'The report of that day has its payments and prompts, which tell a good day from a wave: what strangers ask for is not paid. No page counts codes and bookings: whoever runs the site looks at the log of the day; docs/operations.md, "Locked out by a limit", says which setting raises which.',
      'Phones that have paid before, our own people and API keys keep the last fifth.',
    ],
    actions: [ACTIONS.readDay, ACTIONS.readFailed],
  },
  payment_reference_missing: {
    title: TASK_TITLES.payment_reference_missing,
    subject: ['payment', 'payout'],
    happened:
      'A payment names a deposit or a prompt that is not in the database, or a payout names a payment that is not. No code removes one: somebody changed the database by hand, or a copy of it is not whole.',
    todo: 'Give whoever has the database (`DATABASE_URL`) the id of this task\'s subject: they restore the newest backup before it into an empty database (docs/operations.md, "Backup and restore"), find the missing row there, and put it back by SQL. Nothing here does that by a request. Then close the task.',
    actions: [readMoneyOfPayment, readPayout],
  },
  restore_drill: {
    title: TASK_TITLES.restore_drill,
    subject: 'quarter',
    happened: 'A backup that nobody has restored is a hope. Once a quarter a person tries it.',
    todo: 'Run `npm run restore -- FILE --into URL --drill --by "Your name"` with the newest backup and an empty database (docs/operations.md, "Backup and restore"): it closes this task. Did you try it another way? Close the task with a note of what you saw.',
    actions: [readHealth],
  },
  job_failed: {
    title: TASK_TITLES.job_failed,
    subject: 'job',
    happened: 'An error ended it before it was done. It runs again each minute.',
    todo: 'Read in the error log what failed and how often; `job_step_failed` in the log of the function has the rest. Correct the cause.',
    more: [
      'The task closes by itself when the step works again.',
      '`spilled`: what was read and could not be settled (`spilled_not_settled` in the log) stays where it is until it can be.',
    ],
    actions: [readErrors, readHealth],
  },
};
