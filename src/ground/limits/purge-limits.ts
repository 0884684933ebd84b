import { sql } from 'drizzle-orm';
import { deleteInChunks, instantSql } from '../db/rows.ts';
import type { Ground } from '../ground.ts';

/** Deletes what limits no longer need: times after a day, daily counters after RETAIN_LIMITS_DAYS. */
export async function purgeLimits(app: Pick<Ground, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const at = instantSql(app.clock.now());
  const counters = await deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from counters where key = any(array(
      select key from counters where right(key, 10) < (${at} - ${app.config.retain.limitsDays}::int * interval '1 day')::date::text collate "C" limit ${most}))`,
  );
  const times = await deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from recent_times where key = any(array(
      select key from recent_times where times[cardinality(times)] < ${at} - interval '24 hours' limit ${most})) and times[cardinality(times)] < ${at} - interval '24 hours'`,
  );
  return counters + times;
}
