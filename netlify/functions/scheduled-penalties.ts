import type { Config } from '@netlify/functions';
import { handOver } from '#ground/runs/hand-over.ts';
import { job } from '#http/job.ts';
import { penalisedToday } from '#sacco/loans/runs/runs-of-today.ts';

/** At 00:15 in Nairobi: charges the penalties of all loans up to today; what does not fit into 20 seconds is handed over. */
export default job([{ penalties: penalisedToday, hand_over: handOver }], { budgetMs: 20_000 });

export const config: Config = { schedule: '15 21 * * *' };
