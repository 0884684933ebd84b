import type { SQL } from 'drizzle-orm';
import { noteFailure } from '#ground/failures/note-failure.ts';
import { callHeartbeat } from '#ground/runs/call-heartbeat.ts';
import { endJob } from '#ground/runs/end-job.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** What a step does. It stops by itself at the deadline and resumes in the next run. */
export type Work = (app: App, deadline: Date) => Promise<unknown>;

/**
 * One step of a job. The minute does all of them once in each quarter of an hour, and those with `due` also when their time has come: a value in a statement, null while
 * nothing waits for the step. `isPatient`: what it leaves to do waits for the next request or quarter of an hour; it keeps no database awake.
 */
export type Step = Work | { work: Work; due: (app: App, at: SQL) => SQL; isPatient?: true };

export type Report = Record<string, unknown>;

/** Runs groups of steps side by side, and the steps of each group in order. A step that fails stops no other; it opens a task, which closes when the step works again. */
export async function runSteps(
  app: App,
  groups: readonly Record<string, Step>[],
  { deadline, isDue = () => true }: { deadline: Date; isDue?: (name: string) => boolean },
): Promise<Report> {
  const report: Report = {};
  await Promise.all(
    groups.map(async (steps) => {
      let follows = false; // a later step does at once what an earlier one has left for it
      for (const [name, step] of Object.entries(steps)) {
        if (!(isDue(name) || (follows && 'due' in step))) continue;
        report[name] = await attempt(app, name, step, deadline);
        follows = true;
      }
    }),
  );
  return report;
}

/** A minute that could not be marked, or in which nothing could be sent, calls no outside watch, which then misses it: alerts would not leave either. */
export async function endRun(app: App, report: Report, minute?: { quarter: boolean }): Promise<void> {
  const worked = Object.keys(report).filter((name) => report[name] !== 'failed');
  try {
    await endJob(app, { worked, minute });
    if (minute && report.deliver !== 'failed') await callHeartbeat(app);
  } catch (error) {
    app.log.error('job_not_ended', error);
  }
}

async function attempt(app: App, name: string, step: Step, deadline: Date): Promise<unknown> {
  try {
    return await ('due' in step ? step.work : step)(app, deadline);
  } catch (error) {
    app.log.error('job_step_failed', error, { step: name });
    const task = openTask(app.db, { kind: 'job_failed', subject: name, openedAt: app.clock.now() });
    await task.catch((second) => app.log.error('review_failed', second, { step: name }));
    await noteFailure(app, { kind: 'job', what: name, error });
    return 'failed';
  }
}
