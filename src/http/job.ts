import type { KeyObject } from 'node:crypto';
import type { Context } from '@netlify/functions';
import { app as currentApp } from '#app.ts';
import { isDetached } from '#ground/db/detached.ts';
import { noteFailure } from '#ground/failures/note-failure.ts';
import { callHeartbeat } from '#ground/runs/call-heartbeat.ts';
import { endJob } from '#ground/runs/end-job.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { refusePreview } from './refuse-preview.ts';

/** One step of a job. It stops by itself at the deadline and resumes in the next run. */
export type Step = (app: App, deadline: Date) => Promise<unknown>;

/** The platform ends a scheduled function after 30 s, and a call to a provider may take 15 s: no work begins later than this. */
const BUDGET_MS = 14_000;

/**
 * For a job with another time budget, or one that is called instead of scheduled: `mayCall` checks the token in its path. `isMinute`: it is the one of each minute,
 * whose end is marked and told to an outside watch.
 */
export type JobOptions = { budgetMs?: number; mayCall?(keys: KeyObject[], token: string, now: Date): boolean; isMinute?: boolean };

/**
 * A scheduled function: runs the groups side by side, and the steps of each group in order. A step that fails stops no other; it opens a
 * task, which closes when the step works again. In a copy that nobody has claimed nothing runs.
 */
export function job(
  groups: readonly Record<string, Step>[],
  { budgetMs = BUDGET_MS, mayCall = () => true, isMinute = false }: JobOptions = {},
): (request: Request, context: Context) => Promise<Response> {
  return async (_request, context) => {
    const began = performance.now();
    const app = refusePreview(currentApp(), context);
    if (!mayCall(app.config.callback.tokenKeys, context.params?.token ?? '', app.clock.now()))
      return new Response('Not Found', { status: 404 });
    const deadline = new Date(app.clock.now().getTime() + budgetMs);
    const report: Record<string, unknown> = {};
    if (await restsAsCopy(app)) return Response.json({ detached: true });
    await Promise.all(
      groups.map(async (steps) => {
        for (const [name, step] of Object.entries(steps)) report[name] = await attempt(app, name, step, deadline);
      }),
    );
    await end(app, report, isMinute);
    app.log.info('job', { ...report, ms: Math.round(performance.now() - began), requestId: context.requestId });
    return Response.json(report);
  };
}

/** A minute that could not be marked, or in which nothing could be sent, calls no outside watch, which then misses it: alerts would not leave either. */
async function end(app: App, report: Record<string, unknown>, isMinute: boolean): Promise<void> {
  const worked = Object.keys(report).filter((name) => report[name] !== 'failed');
  try {
    await endJob(app, { worked, isMinute });
    if (isMinute && report.deliver !== 'failed') await callHeartbeat(app);
  } catch (error) {
    app.log.error('job_not_ended', error);
  }
}

/** A database that does not answer is no copy: each step then says for itself that it failed, and none sends without asking again (drain.ts, token-cache.ts). */
const restsAsCopy = ({ db, log }: App): Promise<boolean> =>
  isDetached(db).catch((error) => {
    log.error('detached_unknown', error);
    return false;
  });

async function attempt(app: App, name: string, step: Step, deadline: Date): Promise<unknown> {
  try {
    return await step(app, deadline);
  } catch (error) {
    app.log.error('job_step_failed', error, { step: name });
    const task = openTask(app.db, { kind: 'job_failed', subject: name, openedAt: app.clock.now() });
    await task.catch((second) => app.log.error('review_failed', second, { step: name }));
    await noteFailure(app, { kind: 'job', what: name, error });
    return 'failed';
  }
}
