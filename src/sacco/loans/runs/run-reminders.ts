import { closeRun, type Progress, runChunks } from '#ground/runs/run-chunks.ts';
import type { Day } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { duringDay } from '../../members/promise-digests.ts';
import { remindChunk } from './remind-chunk.ts';

const LOANS_AT_ONCE = 10_000;

/**
 * Promises the reminders of a day, one digest per member and channel. From 20:00 on nothing more is promised: the next day has its own
 * reminders. Stops at the deadline and resumes there next time; safe to call twice and two at once.
 */
export async function runReminders(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  on: Day,
  deadline: Date,
  size = LOANS_AT_ONCE,
): Promise<Progress> {
  const dueAt = duringDay(on, clock.now());
  const piece = { job: 'reminders', asOf: on, size } as const;
  const chunk = async () => (dueAt ? remindChunk(db, { ...piece, now: clock.now(), dueAt }) : closeRun({ db, clock }, piece));
  return runChunks({ db, clock }, { ...piece, chunk }, deadline);
}
