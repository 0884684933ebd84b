import { type SQL, sql } from 'drizzle-orm';
import { newId } from '../db/columns.ts';
import { daysBefore, deleteInChunks } from '../db/delete-in-chunks.ts';
import { instantSql } from '../db/rows.ts';
import type { Ground } from '../ground.ts';
import type { Described } from './describe-failure.ts';

const MOST_REQUEST_IDS = 5;

/** Adds failures alike to their row, exact under concurrency. */
export const keepFailureSql = (
  failure: Described,
  { times, requestIds, now }: { times: number; requestIds: string[]; now: Date },
): SQL => sql`
  insert into failures as f (id, fingerprint, kind, what, error, message, first_at, last_at, count, request_ids)
  values (${newId()}::uuid, ${failure.fingerprint}, ${failure.kind}, ${failure.what}, ${failure.error}, ${failure.message}, ${instantSql(now)}, ${instantSql(now)},
    ${times}::int, ${sql.param(requestIds.slice(0, MOST_REQUEST_IDS))}::text[])
  on conflict (fingerprint) do update set last_at = greatest(f.last_at, excluded.last_at), count = f.count + excluded.count,
    request_ids = (excluded.request_ids || f.request_ids)[1:${MOST_REQUEST_IDS}::int]`;

/** Deletes failures of which none came for RETAIN_ERRORS_DAYS days. */
export function purgeFailures(app: Pick<Ground, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const before = daysBefore(app.clock.now(), app.config.retain.errorsDays);
  return deleteInChunks(
    app,
    deadline,
    { kind: 'errors', before },
    (most) => sql`
    delete from failures where id = any(array(
      select id from failures where last_at < ${instantSql(before)} order by last_at limit ${most}))`,
  );
}
