import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';
import type { Ground } from '../ground.ts';
import type { Day } from '../time/nairobi.ts';

/** The runs through all loans, each once for a day. */
export const JOBS = ['penalties', 'reminders'] as const;
export type Job = (typeof JOBS)[number];

/** The cursor at which a run begins, before all keys. */
const BEGINNING = '00000000-0000-0000-0000-000000000000';

/** What a run wrote before its deadline, and whether nothing is left to do. */
export type Progress = { written: number; finished: boolean };

type Run = {
  job: Job;
  asOf: Day;
  /**
   * Processes what comes after the cursor and moves it in the same transaction. Returns what was written and whether that was the end, or
   * undefined when it has to wait for a later time.
   */
  chunk(): Promise<Progress | undefined>;
};

/** Runs in chunks until the run is finished or the deadline has come. A run that was cut off resumes; a finished one begins again. */
export async function runChunks({ db, clock }: Pick<Ground, 'db' | 'clock'>, { job, asOf, chunk }: Run, deadline: Date): Promise<Progress> {
  await db.execute(sql`
  insert into runs (job, as_of, cursor, started_at) values (${job}, ${asOf}::date, ${BEGINNING}, ${instantSql(clock.now())})
  on conflict (job, as_of) do update set cursor = excluded.cursor, started_at = excluded.started_at, finished_at = null, rounds = runs.rounds + 1 where runs.finished_at is not null`);
  let written = 0;
  while (clock.now() < deadline) {
    const done = await chunk();
    if (!done) break;
    written += done.written;
    if (done.finished) return { written, finished: true };
  }
  return { written, finished: false };
}

type Which = Pick<Run, 'job' | 'asOf'>;

const openSql = ({ job, asOf }: Which): SQL => sql`job = ${job} and as_of = ${asOf}::date and finished_at is null`;

/** A query for where a run stands, which locks it: its cursor as a uuid and its rounds; no row when it is finished. */
export const placeSql = (run: Which): SQL => sql`select cursor::uuid as cursor, rounds from runs where ${openSql(run)} for update`;

/**
 * Moves a run on, as a common table expression of a chunk's statement: its cursor to the last key processed (if any), and its count of rows by those
 * written. `isFinished` ends it.
 */
export const moveRunSql = (run: Which, to: { last: SQL; written: SQL; isFinished: SQL; now: Date }): SQL => sql`
  update runs set cursor = coalesce(${to.last}::text, cursor), written = written + ${to.written},
    finished_at = case when ${to.isFinished} then ${instantSql(to.now)} end
  where ${openSql(run)}`;

/** Ends a run that is too late. */
export async function closeRun({ db, clock }: Pick<Ground, 'db' | 'clock'>, { job, asOf }: Which): Promise<Progress> {
  await db.execute(sql`update runs set finished_at = ${instantSql(clock.now())} where job = ${job} and as_of = ${asOf}::date`);
  return { written: 0, finished: true };
}

/**
 * A common table expression that yields a row the first time that it runs for `what` on a day, and none after that. `cursor` is kept as the place from
 * which the next day goes on.
 */
export const onceADaySql = ({ what, on, now, cursor }: { what: string; on: Day; now: Date; cursor: SQL }): SQL => sql`
  insert into runs (job, as_of, cursor, started_at, finished_at)
  values (${what}, ${on}::date, ${cursor}, ${instantSql(now)}, ${instantSql(now)}) on conflict (job, as_of) do nothing returning job`;
