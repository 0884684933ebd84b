import type { KeyObject } from 'node:crypto';
import type { Context } from '@netlify/functions';
import { app as currentApp } from '#app.ts';
import { isDetached } from '#ground/db/detached.ts';
import { stir } from '#ground/runs/rest.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { refusePreview } from './refuse-preview.ts';
import { endRun, runSteps, type Work } from './run-steps.ts';

/** The platform ends a scheduled function after 30 s, and a call to a provider may take 15 s: no work begins later than this. */
export const BUDGET_MS = 14_000;

/** For a job with another time budget, or one that is called instead of scheduled: `mayCall` checks the token in its path. */
export type JobOptions = { budgetMs?: number; mayCall?(keys: KeyObject[], token: string, now: Date): boolean };

/** A scheduled function that does all of its steps (run-steps.ts). In a copy that nobody has claimed nothing runs. */
export function job(
  groups: readonly Record<string, Work>[],
  { budgetMs = BUDGET_MS, mayCall = () => true }: JobOptions = {},
): (request: Request, context: Context) => Promise<Response> {
  return async (_request, context) => {
    const began = performance.now();
    const app = refusePreview(currentApp(), context);
    if (!mayCall(app.config.callback.tokenKeys, context.params?.token ?? '', app.clock.now()))
      return new Response('Not Found', { status: 404 });
    const deadline = new Date(app.clock.now().getTime() + budgetMs);
    if (await restsAsCopy(app)) return Response.json({ detached: true });
    const report = await runSteps(app, groups, { deadline });
    await endRun(app, report);
    await stir(app);
    app.log.info('job', { ...report, ms: Math.round(performance.now() - began), requestId: context.requestId });
    return Response.json(report);
  };
}

/** A database that does not answer is no copy: each step then says for itself that it failed, and none sends without asking again (drain.ts, token-cache.ts). */
const restsAsCopy = ({ db, log }: App): Promise<boolean> =>
  isDetached(db).catch((error) => {
    log.error('detached_unknown', error);
    return false;
  });
