import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readErrors, readCallbacksForged, readFailed, readUnproved, readLetters, readBalances, startAgain, importStatement } = ACTIONS;

type Kind =
  | 'request_failed'
  | 'callbacks_forged'
  | 'callbacks_missing'
  | 'prompts_failing'
  | 'told_money_waits'
  | 'dead_letters_growing'
  | 'initiator_password_due';

/** States of the site that begin without anybody being told, and that the minute looks for. */
export const STATE_TASKS: Record<Kind, TaskWords> = {
  request_failed: {
    title: TASK_TITLES.request_failed,
    subject: 'failure',
    happened:
      'A request, or a callback of Safaricom, was answered 500. What failed and how often is in the error log, with the ids of the last requests.',
    todo: 'Look the request ids up in the log of the function, and correct the cause or report it. Money is safe: a callback is sent again, or its prompt is asked about.',
    more: ['The task closes by itself when a day passes without the same error.'],
    actions: [readErrors],
  },
  callbacks_forged: {
    title: TASK_TITLES.callbacks_forged,
    subject: 'state',
    happened:
      'Requests to the addresses of callbacks came in numbers, with a wrong secret, from an address that is not on the list, or with a wrong signature. Each was answered 404, and nothing was booked.',
    todo: 'If callbacks of real payments are missing too, compare `MPESA_CALLBACK_IPS` and the signature with what Safaricom sends, and see whether a key was dropped from `CALLBACK_TOKEN_KEY`. Otherwise somebody tries addresses: nothing is to be done.',
    more: ['The task closes by itself when an hour passes without a burst.'],
    actions: [readCallbacksForged],
  },
  callbacks_missing: {
    title: TASK_TITLES.callbacks_missing,
    subject: 'state',
    happened:
      'Safaricom accepted prompts in the last hour, and no callback came about any of them. Payments are found out by asking, which takes minutes.',
    todo: 'Check that the site answers from outside at `SITE_URL`, and that no firewall and no password of Netlify stands before it. If it does answer, Safaricom may have a failure: look at their status.',
    more: ['The minute closes the task by itself once a callback has come about one of the newest prompts.'],
    actions: [readErrors, readFailed],
  },
  prompts_failing: {
    title: TASK_TITLES.prompts_failing,
    subject: 'state',
    happened: 'Of the prompts of the last hour so many failed or expired that the share is above `ALERT_FAILURE_PERCENT`.',
    todo: 'Read why they failed. If one reason stands out that no customer chose (a system error, a time-out), tell customers to pay at the paybill for now, and ask Safaricom.',
    more: ['The task closes by itself when the share is clearly below that, or an hour passes without a prompt that ended.'],
    actions: [readFailed],
  },
  told_money_waits: {
    title: TASK_TITLES.told_money_waits,
    subject: 'shortcode',
    happened:
      'Money of a short code that only notices have reported is more than `ALERT_TOLD_SHILLINGS`, and has been so for longer than a day (eight days where statements alone prove it). It counts, and cannot leave.',
    todo: 'Export the statement of its days from the portal, import it, and have it signed.',
    more: ['The task closes by itself when less than half of that sum is left.'],
    actions: [readUnproved, importStatement],
  },
  dead_letters_growing: {
    title: TASK_TITLES.dead_letters_growing,
    subject: 'state',
    happened: 'Ten messages or more were given up within an hour. A provider refuses them, or has not answered for hours.',
    todo: 'Read why. Often a key has ended, or an account has no credit left; correct that first, then retry them.',
    more: ['The task closes by itself when an hour passes in which none was given up.'],
    actions: [readLetters],
  },
  initiator_password_due: {
    title: TASK_TITLES.initiator_password_due,
    subject: 'state',
    happened:
      'Safaricom ends a password of an initiator after 90 days, and by `MPESA_INITIATOR_PASSWORD_SET_ON` those are nearly over. Payouts, refunds and questions to Safaricom then stop.',
    todo: 'Change it in the M-PESA organisation portal, set `MPESA_INITIATOR_PASSWORD` and the day in `MPESA_INITIATOR_PASSWORD_SET_ON`, and deploy.',
    more: ['The task closes by itself with the new day. If payouts were stopped because of it, start them again.'],
    actions: [readBalances, ACTIONS.readStopped, startAgain],
  },
};
