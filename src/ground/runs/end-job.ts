import { sql } from 'drizzle-orm';
import type { Ground } from '../ground.ts';
import { closeTasksSql } from '../tasks/close-tasks.ts';
import { markMinuteSql } from './minute-mark.ts';

/** What a job has done when it ends: the steps that worked, whose tasks close, and, if it was the minute's, whether that began a quarter of an hour. One statement. */
export async function endJob(
  { db, clock }: Pick<Ground, 'db' | 'clock'>,
  { worked, minute }: { worked: string[]; minute?: { quarter: boolean } | undefined },
): Promise<void> {
  const now = clock.now();
  const closed = closeTasksSql({ kinds: ['job_failed'], subjects: worked, closedAt: now, note: 'The step works again.' });
  await db.execute(sql`with closed as (${closed}) ${minute ? sql`, marked as (${markMinuteSql(now, minute)})` : sql``} select`);
}
