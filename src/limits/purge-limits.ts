import { sql } from 'drizzle-orm';
import type { App } from '../app.ts';

/** Forgets what no limit looks at any more: times after a day, daily counters after a week. */
export async function purgeLimits({ db, clock }: Pick<App, 'db' | 'clock'>): Promise<number> {
  const at = sql`${clock.now().toISOString()}::timestamptz`;
  const result = await db.execute(sql`
  with counted as (delete from counters where right(key, 10) < (${at} - interval '7 days')::date::text collate "C")
  delete from recent_times where times[cardinality(times)] < ${at} - interval '24 hours'`);
  return result.rowCount ?? 0;
}
