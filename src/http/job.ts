import type { KeyObject } from 'node:crypto';
import type { Context } from '@netlify/functions';
import { app as currentApp } from '#app.ts';
import { openReview } from '#ground/tasks/open-review.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { refusePreview } from './refuse-preview.ts';

/** One piece of a job. It stops by itself at the deadline and goes on in the next run. */
export type Step = (app: App, deadline: Date) => Promise<unknown>;

/** The platform ends a scheduled function after 30 s, and a call to a provider may take 15: none begins later than this. */
const BUDGET_MS = 14_000;

/** For a job that has another time than that, or that does not begin by the clock but by a call: from whom with the token that `path` holds is for `mayCall` to say. */
export type JobOptions = { budgetMs?: number; mayCall?(keys: KeyObject[], token: string, now: Date): boolean };

/**
 * For when the clock strikes: runs the groups at the same time, and the steps of each one after the other. A step that fails does not keep the others from
 * running; it opens a task for a person.
 */
export function job(
  groups: readonly Record<string, Step>[],
  { budgetMs = BUDGET_MS, mayCall = () => true }: JobOptions = {},
): (request: Request, context: Context) => Promise<Response> {
  return async (_request, context) => {
    const app = refusePreview(currentApp(), context);
    if (!mayCall(app.config.callback.tokenKeys, context.params?.token ?? '', app.clock.now()))
      return new Response('Not Found', { status: 404 });
    const deadline = new Date(app.clock.now().getTime() + budgetMs);
    const report: Record<string, unknown> = {};
    await Promise.all(
      groups.map(async (steps) => {
        for (const [name, step] of Object.entries(steps)) report[name] = await attempt(app, name, step, deadline);
      }),
    );
    app.log.info('job', report);
    return Response.json(report);
  };
}

async function attempt(app: App, name: string, step: Step, deadline: Date): Promise<unknown> {
  try {
    return await step(app, deadline);
  } catch (error) {
    app.log.error('job_step_failed', error, { step: name });
    const review = openReview(app.db, { kind: 'job_failed', subject: name, openedAt: app.clock.now() });
    await review.catch((second) => app.log.error('review_failed', second, { step: name }));
    return 'failed';
  }
}
