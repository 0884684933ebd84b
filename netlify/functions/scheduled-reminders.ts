import type { Config } from '@netlify/functions';
import { askForDrill } from '#desk/upkeep/ask-for-drill.ts';
import { handOver } from '#ground/runs/hand-over.ts';
import { job } from '#http/job.ts';
import { askForStatements } from '#mpesa/reconcile/ask-for-statements.ts';
import { remindedToday } from '#sacco/loans/runs/runs-of-today.ts';

/** At 08:00 in Nairobi: asks for statements that are due and for a restore each quarter, and promises the reminders of today; what does not fit into 20 seconds is handed over. */
export default job([{ statements: askForStatements, drill: askForDrill, reminders: remindedToday, hand_over: handOver }], {
  budgetMs: 20_000,
});

export const config: Config = { schedule: '0 5 * * *' };
