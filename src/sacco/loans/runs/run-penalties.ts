import { type Progress, runChunks } from '#ground/runs/run-chunks.ts';
import type { Day } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { penaliseChunk } from './penalise-chunk.ts';

/** So many that round trips hardly count, and few enough that the gate is closed for some tenths of a second at a million loans. */
const LOANS_AT_ONCE = 10_000;

/**
 * Charges all penalties up to a day, each with its own date, those of missed nights included. Stops at the deadline and resumes there next
 * time. Safe to call twice, two at once, and while repayments come in.
 */
export const runPenalties = (
  { db, clock }: Pick<App, 'db' | 'clock'>,
  asOf: Day,
  deadline: Date,
  size = LOANS_AT_ONCE,
): Promise<Progress> =>
  runChunks(
    { db, clock },
    { job: 'penalties', asOf, chunk: () => penaliseChunk(db, { job: 'penalties', asOf, size, now: clock.now() }) },
    deadline,
  );
