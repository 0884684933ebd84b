import type { Config } from '@netlify/functions';
import { job } from '../../src/http/job.ts';
import { remindedToday } from '../../src/loans/runs-of-today.ts';
import { askForStatements } from '../../src/reconcile/ask-for-statements.ts';
import { handOver } from '../../src/runs/hand-over.ts';

/** At 08:00 in Nairobi: asks for statements that are due, and promises the reminders of today; what does not fit into 20 seconds is handed over. */
export default job([{ statements: askForStatements, reminders: remindedToday, hand_over: handOver }], { budgetMs: 20_000 });

export const config: Config = { schedule: '0 5 * * *' };
