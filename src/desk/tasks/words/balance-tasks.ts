import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readBalances, askBalances, listEntries, enterTopUp, enterPaidOut, requestPayout, importStatement } = ACTIONS;

/** Safaricom's balance: too low, unknown, or not what the books explain; and balances of the books. */
export const BALANCE_TASKS: Record<'low_float' | 'balance_unknown' | 'balance_unexplained' | 'balances_differ', TaskWords> = {
  low_float: {
    title: TASK_TITLES.low_float,
    subject: ['account', 'shortcode'],
    happened:
      'The account that pays out had too little for a payout (subject `b2c`), or holds less than `LOW_FLOAT_SHILLINGS` (subject: the short code).',
    todo: 'Top it up, enter the top-up and have it approved. Then request again what was refused, as what it was: a payment as a payout, a refund as a refund, a booking by `retry-payout` (`POST /api/bookings/<booking id>/resolve`), a loan by `POST /api/loans/<loan id>/disburse`.',
    more: [
      'Which it was, the task `payout_rejected` says, of a loan its timeline.',
      'The task of a short code closes by itself once a later balance suffices; that of `b2c` is closed by hand.',
    ],
    actions: [readBalances, enterTopUp, ACTIONS.listEntries, ACTIONS.approveEntry, requestPayout],
  },
  balance_unknown: {
    title: TASK_TITLES.balance_unknown,
    subject: 'shortcode',
    happened: 'Safaricom has reported no balance for three hours, so a low float would go unnoticed.',
    todo: 'Read why under `lastAsked` of the balances. Often the initiator lacks the role for the inquiry: give it that role in the M-PESA organisation portal.',
    more: [
      'An initiator belongs to one short code; at a further one of `MPESA_SHORTCODES` it may be unknown (code 2001). That stops no payouts: such a short code is asked once a day only, and `BALANCE_SHORTCODES` can leave it out.',
      'The task closes by itself with the next answer.',
    ],
    actions: [readBalances, askBalances],
  },
  balance_unexplained: {
    title: TASK_TITLES.balance_unexplained,
    subject: 'shortcode',
    happened:
      'At two balances in succession Safaricom had more, or less, on a short code than the movements explain. With `:before the first balance` behind it: more was entered as capital than was there.',
    todo: 'Look at the M-PESA statement of that time, and enter what the books lack: docs/operations.md, "The balance watch", has a table.',
    more: [
      'Each difference alerts once, with amount and time; the entries list them all under `unexplained`.',
      'The task closes by itself when all is explained. Closed by hand, its differences are accepted.',
    ],
    actions: [listEntries, enterTopUp, enterPaidOut, ACTIONS.approveEntry, importStatement],
  },
  balances_differ: {
    title: TASK_TITLES.balances_differ,
    subject: 'ledger',
    happened:
      'In the nightly comparison a balance (a checkpoint and what came after it) was not the sum of its transfers; `balance_differs` in the log says which. Nothing is lost: since then every balance is summed from the first transfer on, which is right but slow.',
    todo: 'Find out who changed `checkpoints` or `ledger_mark` by hand, or whether the database was copied. Then close the task: the next minute makes new checkpoints.',
    actions: [ACTIONS.readHealth],
  },
};
