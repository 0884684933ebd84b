import { sql } from 'drizzle-orm';
import { daysBefore, deleteInChunks } from '../db/delete-in-chunks.ts';
import { instantSql } from '../db/rows.ts';
import type { Ground } from '../ground.ts';

/** Deletes what limits no longer need: times after a day, daily counters after RETAIN_LIMITS_DAYS. */
export async function purgeLimits(app: Pick<Ground, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const now = app.clock.now();
  const [days, day] = [daysBefore(now, app.config.retain.limitsDays), daysBefore(now, 1)];
  const counters = await deleteInChunks(
    app,
    deadline,
    { kind: 'limits', before: days },
    (most) => sql`
    delete from counters where key = any(array(
      select key from counters where right(key, 10) < ${instantSql(days)}::date::text collate "C" limit ${most}))`,
  );
  const times = await deleteInChunks(
    app,
    deadline,
    { kind: 'limits', before: day },
    (most) => sql`
    delete from recent_times where key = any(array(
      select key from recent_times where times[cardinality(times)] < ${instantSql(day)} limit ${most})) and times[cardinality(times)] < ${instantSql(day)}`,
  );
  return counters + times;
}
