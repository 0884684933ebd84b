import { sql } from 'drizzle-orm';
import type { Ground } from '../ground.ts';
import { closeTasksSql } from '../tasks/close-tasks.ts';
import { markMinuteSql } from './minute-mark.ts';

/** What a job has done when it ends: the steps that worked, whose tasks close, and whether it was the minute's. One statement. */
export async function endJob(
  { db, clock }: Pick<Ground, 'db' | 'clock'>,
  { worked, isMinute }: { worked: string[]; isMinute: boolean },
): Promise<void> {
  const now = clock.now();
  const closed = closeTasksSql({ kinds: ['job_failed'], subjects: worked, closedAt: now, note: 'The step works again.' });
  await db.execute(sql`with closed as (${closed}) ${isMinute ? sql`, marked as (${markMinuteSql(now)})` : sql``} select`);
}
