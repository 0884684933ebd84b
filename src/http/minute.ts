import type { Context } from '@netlify/functions';
import { app as currentApp } from '#app.ts';
import { instantSql } from '#ground/db/rows.ts';
import { type Asked, askMinute } from '#ground/runs/ask-minute.ts';
import { callHeartbeat } from '#ground/runs/call-heartbeat.ts';
import { nextQuarter } from '#ground/runs/minute-mark.ts';
import { readRest, writeRest } from '#ground/runs/rest.ts';
import { lookForSpilled } from '#mpesa/spill/spill-store.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { BUDGET_MS } from './job.ts';
import { refusePreview } from './refuse-preview.ts';
import { endRun, type Report, runSteps, type Step } from './run-steps.ts';

/**
 * The scheduled function of each minute. It asks outside the database whether anything may be due, so that an idle organisation's database can sleep; then, in one
 * round trip, what is due; and does that (run-steps.ts). In a copy that nobody has claimed nothing runs.
 */
export function minute(groups: readonly Record<string, Step>[]): (request: Request, context: Context) => Promise<Response> {
  return async (_request, context) => {
    const began = performance.now();
    const app = refusePreview(currentApp(), context);
    const report = await doMinute(app, groups);
    app.log.info('job', { ...report, ms: Math.round(performance.now() - began), requestId: context.requestId });
    return Response.json(report);
  };
}

async function doMinute(app: App, groups: readonly Record<string, Step>[]): Promise<Report> {
  const now = app.clock.now();
  const [rest, spilled] = await Promise.all([readRest(app), lookForSpilled(app)]);
  if (rest?.sleeps && (spilled === 'none' || spilled === 'dead')) {
    await Promise.all([writeRest(app, { endedAt: now, until: rest.until, migratedAt: rest.migratedAt }), callHeartbeat(app)]);
    return { sleepsUntil: rest.until.toISOString() };
  }
  const asked = await ask(app, groups);
  if (asked.detached) return { detached: true };
  const due = new Set([...asked.due, ...(spilled === 'none' ? [] : ['spilled'])]);
  const isIdle = due.size === 0 && !asked.quarter;
  const isDue = (name: string) => asked.quarter || due.has(name);
  const report = isIdle ? {} : await runSteps(app, groups, { deadline: new Date(now.getTime() + BUDGET_MS), isDue });
  if (isIdle) await callHeartbeat(app);
  else await endRun(app, report, asked);
  const wasPatient = !asked.quarter && [...due].every((name) => isPatient(groups, name));
  const left = wasPatient && !isIdle ? await ask(app, groups) : asked; // what was done may have left more to do
  const rests = wasPatient && left.due.every((name) => isPatient(groups, name));
  const until = rests ? earlier(left.next, nextQuarter(now)) : now;
  await writeRest(app, { endedAt: now, until, migratedAt: asked.migratedAt });
  return report;
}

const isPatient = (groups: readonly Record<string, Step>[], name: string): boolean => {
  const step = groups.map((group) => group[name]).find((found) => found !== undefined);
  return step !== undefined && 'isPatient' in step;
};

/** A database that does not answer, or lacks a column, is asked for everything: each step then says for itself that it failed. */
async function ask(app: App, groups: readonly Record<string, Step>[]): Promise<Asked> {
  const steps = groups.flatMap((group) => Object.entries(group));
  const names = steps.map(([name]) => name);
  const at = instantSql(app.clock.now());
  try {
    return await askMinute(
      app,
      names,
      Object.fromEntries(steps.flatMap(([name, step]) => ('due' in step ? [[name, step.due(app, at)]] : []))),
    );
  } catch (error) {
    app.log.error('minute_not_asked', error);
    return { detached: false, quarter: true, due: names, next: null, migratedAt: null };
  }
}

const earlier = (one: Date | null, other: Date): Date => (one && one < other ? one : other);
