import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instantSql, rowOf } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';

const BATCH = 20_000;

const Counted = z.object({ changed: z.number(), behind: z.boolean() });
const Passed = z.object({ passed: bigintText });
const Recounted = z.object({ differ: z.number() });

/**
 * Keeps the days that reports read: counts what is new and what has changed late (count-slots.sql), and adds what was booked (count-transfers.sql), until nothing is left
 * or `deadline` has come. Safe at any frequency and at the same time as itself.
 */
export async function countReports(
  { db, clock }: Pick<Ground, 'db' | 'clock'>,
  deadline: Date,
): Promise<{ days: number; transfers: number }> {
  const done = { days: 0, transfers: 0 };
  let isLeft = true;
  while (isLeft && clock.now() < deadline) {
    const [counted, passed] = await db.batch([
      db.execute(sql`select * from count_reports_1(${instantSql(clock.now())})`),
      db.execute(sql`select count_transfers_1(${BATCH}::int) as passed`),
    ]);
    const { changed, behind } = rowOf(Counted, counted.rows);
    const transfers = Number(rowOf(Passed, passed.rows).passed);
    done.days += changed;
    done.transfers += transfers;
    isLeft = behind || transfers >= BATCH;
  }
  return done;
}

/** Once a day: counts the last three days again, as a guard. What differed is right from then on, and is logged as an error: something changed rows past the triggers. */
export async function recountReports({ db, clock, log }: Pick<Ground, 'db' | 'clock' | 'log'>): Promise<{ differ: number }> {
  const [recounted] = await db.batch([db.execute(sql`select recount_reports_1(${nairobiDay(clock.now())}::date) as differ`)]);
  const { differ } = rowOf(Recounted, recounted.rows);
  if (differ > 0) log.error('report_differs', new Error('The counts of the last days differed from their rows.'), { days: differ });
  return { differ };
}

/** Due while something is new or has changed late, as a value in a statement. What changes does so in a request or a step, after which the next minute asks. */
export const countsDueSql = (_app: unknown, at: SQL): SQL => sql`(select ${at} where reports_due_1())`;
