import type { Config } from '@netlify/functions';
import { handOver } from '#ground/runs/hand-over.ts';
import { job } from '#http/job.ts';
import { askForStatements } from '#mpesa/reconcile/ask-for-statements.ts';
import { remindedToday } from '#sacco/loans/runs/runs-of-today.ts';

/** At 08:00 in Nairobi: asks for statements that are due, and promises the reminders of today; what does not fit into 20 seconds is handed over. */
export default job([{ statements: askForStatements, reminders: remindedToday, hand_over: handOver }], { budgetMs: 20_000 });

export const config: Config = { schedule: '0 5 * * *' };
