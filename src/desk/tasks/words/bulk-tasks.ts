import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { ACTIONS } from '../actions.ts';
import type { TaskWords } from '../task-words.ts';
import { TASK_TITLES } from '../titles.ts';

const { readBulk, readFailedLines, approveBulk, declineBulk, cancelBulk, readBalances, enterTopUp, requestPayout } = ACTIONS;

/** Many payouts from one file. */
export const BULK_TASKS: Record<Extract<TaskKind, `bulk_${string}`>, TaskWords> = {
  bulk_waits: {
    title: TASK_TITLES.bulk_waits,
    subject: 'bulk',
    happened: 'Somebody has sent a file of payments; `words` say how many, and how much in all. Nothing of it has moved.',
    todo: 'Read its lines and what they repeat, then approve or decline the whole, with the `hash` that reading it shows.',
    more: ['It closes by itself with the decision, or when it is cancelled.'],
    actions: [readBulk, approveBulk, declineBulk, cancelBulk],
  },
  bulk_of_copy: {
    title: TASK_TITLES.bulk_of_copy,
    subject: 'bulk',
    happened:
      'The database was restored, and lines of this bulk payout waited when the backup was made. They may have been paid since; by themselves they are not sent.',
    todo: 'Look for them in the M-PESA organisation portal, from the time of the backup on. Cancel this bulk payout, request what was not paid with a new file, and close this task. If none was paid, close this task, and then have it approved.',
    actions: [readBulk, cancelBulk],
  },
  bulk_float_short: {
    title: TASK_TITLES.bulk_float_short,
    subject: 'bulk',
    happened:
      'An approved bulk payout takes more than can leave now. The lines before the one in `words` are on their way, the others wait.',
    todo: 'Top up, enter the top-up, and have a second person approve it once a balance or a signed statement shows it; within a minute of that the rest follows by itself. Or cancel what has not left.',
    more: ['It closes by itself when all lines are reserved.'],
    actions: [readBulk, readBalances, enterTopUp, cancelBulk],
  },
  bulk_line_failed: {
    title: TASK_TITLES.bulk_line_failed,
    subject: 'bulk',
    happened:
      "M-PESA has refused a payment of a bulk payout for good; `words` have the first one and Safaricom's reason. Its money is back where it came from.",
    todo: 'Correct what the lines name, and send those payments as a new file or as payouts of their own: a line is never sent again.',
    more: ['One task stands for all lines of the file that fail: look at the list again before you close it.'],
    actions: [readFailedLines, requestPayout],
  },
};
