import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import type { TaskWords } from './task-words.ts';
import { titleOf } from './titles.ts';
import { BALANCE_TASKS } from './words/balance-tasks.ts';
import { BOOKING_AND_LOAN_TASKS } from './words/booking-and-loan-tasks.ts';
import { BULK_TASKS } from './words/bulk-tasks.ts';
import { DEPOSIT_TASKS } from './words/deposit-tasks.ts';
import { EVIDENCE_TASKS } from './words/evidence-tasks.ts';
import { MONEY_TASKS } from './words/money-tasks.ts';
import { PAYOUT_TASKS, REFUND_TASKS } from './words/payout-tasks.ts';
import { RECEIPT_TASKS } from './words/receipt-tasks.ts';
import { STATE_TASKS } from './words/state-tasks.ts';
import { STATEMENT_TASKS } from './words/statement-tasks.ts';
import { UPKEEP_TASKS } from './words/upkeep-tasks.ts';
import { WEBHOOK_TASKS } from './words/webhook-tasks.ts';

/** Every kind of task in words: one without them does not compile. */
export const TASK_WORDS: Record<TaskKind, TaskWords> = {
  ...MONEY_TASKS,
  ...DEPOSIT_TASKS,
  ...RECEIPT_TASKS,
  ...EVIDENCE_TASKS,
  ...PAYOUT_TASKS,
  ...REFUND_TASKS,
  ...BULK_TASKS,
  ...BOOKING_AND_LOAN_TASKS,
  ...STATEMENT_TASKS,
  ...BALANCE_TASKS,
  ...WEBHOOK_TASKS,
  ...UPKEEP_TASKS,
  ...STATE_TASKS,
};

/** The words of a kind, also of one that another release has opened and this one does not know. */
export const wordsOf = (kind: string): TaskWords =>
  (TASK_WORDS as Record<string, TaskWords>)[kind] ?? {
    ...{
      title: titleOf(kind),
      subject: [],
      happened: 'Another release of Malipo has opened this task.',
      todo: 'Read its documents.',
      actions: [],
    },
  };
