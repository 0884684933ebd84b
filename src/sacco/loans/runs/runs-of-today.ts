import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import { JOBS, type Job, type Progress } from '#ground/runs/run-chunks.ts';
import { addDays, type Day, daysBetween, nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { runPenalties } from './run-penalties.ts';
import { runReminders } from './run-reminders.ts';

const run = { penalties: runPenalties, reminders: runReminders };

/** Charges tonight's penalties and those of missed nights, which are counted and logged. */
export async function penalisedToday(app: App, deadline: Date): Promise<Progress & { missedNights: number }> {
  const today = nairobiDay(app.clock.now());
  const [last] = await readRows(
    app.db,
    z.object({ asOf: z.string() }),
    sql`select as_of::text from runs where job = 'penalties' and as_of < ${today}::date order by as_of desc limit 1`,
  );
  const missedNights = last ? daysBetween(last.asOf, addDays(today, -1)) : 0;
  if (missedNights > 0) app.log.warn('nights_missed', { nights: missedNights });
  return { ...(await runPenalties(app, today, deadline)), missedNights };
}

export const remindedToday = (app: App, deadline: Date): Promise<Progress> => runReminders(app, nairobiDay(app.clock.now()), deadline);

/** Resumes every run that was cut off, newest day first. */
export async function finishRuns(app: App, deadline: Date): Promise<Record<string, Progress>> {
  const Open = z.object({ job: z.enum(JOBS), asOf: z.string() });
  const open = await readRows(app.db, Open, sql`select job, as_of::text from runs where finished_at is null order by as_of desc, job`);
  const report: Record<string, Progress> = {};
  for (const { job, asOf } of open) report[`${job} ${asOf}`] = await runOne(app, job, asOf, deadline);
  return report;
}

/** Continues one run until it is finished or the deadline has come. */
export const runOne = (app: Pick<App, 'db' | 'clock'>, job: Job, asOf: Day, deadline: Date): Promise<Progress> =>
  run[job](app, asOf, deadline);

/** Due at once while a run was cut off, as a value in a statement. */
export const runsDueSql = (_app: unknown, at: SQL): SQL => sql`(select ${at} where exists (select from runs where finished_at is null))`;
