import type { Config } from '@netlify/functions';
import { job } from '../../src/http/job.ts';
import { finishRuns } from '../../src/loans/runs-of-today.ts';
import { workStatements } from '../../src/reconcile/work-statements.ts';
import { maySummon } from '../../src/runs/hand-over.ts';

/** Called by our own functions only: has minutes for what they had seconds for. */
export default job([{ runs: finishRuns }, { statements: workStatements }], { budgetMs: 14 * 60_000, mayCall: maySummon });

export const config: Config = { path: '/api/runs/:token/finish', method: 'POST', background: true };
