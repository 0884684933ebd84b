import type { Context } from '@netlify/functions';
import { type App, app as currentApp } from '../app.ts';
import { openReview } from '../reviews/open-review.ts';
import { refusePreview } from './refuse-preview.ts';

/** One piece of a job. It stops by itself at the deadline and goes on in the next run. */
export type Step = (app: App, deadline: Date) => Promise<unknown>;

/** The platform ends a scheduled function after 30 s; what is left waits for the next run. */
const BUDGET_MS = 25_000;

/** For when the clock strikes: runs the steps one after the other. A step that fails does not keep the others from running; it opens a task for a person. */
export function job(steps: Record<string, Step>): (request: Request, context: Context) => Promise<Response> {
  return async (_request, context) => {
    const app = refusePreview(currentApp(), context);
    const deadline = new Date(app.clock.now().getTime() + BUDGET_MS);
    const report: Record<string, unknown> = {};
    for (const [name, step] of Object.entries(steps)) {
      try {
        report[name] = await step(app, deadline);
      } catch (error) {
        report[name] = 'failed';
        app.log.error('job_step_failed', error, { step: name });
        await openReview(app.db, { kind: 'job_failed', subject: name, openedAt: app.clock.now() }).catch((second) =>
          app.log.error('review_failed', second, { step: name }),
        );
      }
    }
    app.log.info('job', report);
    return Response.json(report);
  };
}
