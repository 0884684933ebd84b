import type { Config } from '@netlify/functions';
import { maySummon } from '#ground/runs/hand-over.ts';
import { job } from '#http/job.ts';
import { workStatements } from '#mpesa/reconcile/work-statements.ts';
import { finishRuns } from '#sacco/loans/runs/runs-of-today.ts';

/** Called by our own functions only: has 14 minutes to finish the runs and statements that they had seconds for. */
export default job([{ runs: finishRuns }, { statements: workStatements }], { budgetMs: 14 * 60_000, mayCall: maySummon });

export const config: Config = { path: '/api/runs/:token/finish', method: 'POST', background: true };
