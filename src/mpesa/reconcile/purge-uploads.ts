import { sql } from 'drizzle-orm';
import { deleteInChunks, instantSql } from '#ground/db/rows.ts';
import type { App } from '../wiring/app.ts';

/** What holds a statement's content: parts of 4 MB each, which go some at a time, and lines. */
const CONTENT = { statement_parts: 20, statement_lines: 1_000, statement_absences: 1_000 } as const;

/**
 * Deletes the content of statements that will never be booked: an upload that is not finished RETAIN_UPLOADS_DAYS after it began is discarded, and of refused or
 * discarded statements only the name and who did what stay after RETAIN_REFUSED_STATEMENTS_DAYS. What was signed, or may be, stays. Returns how many rows were deleted.
 */
export async function purgeUploads(app: Pick<App, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const { db, clock, config } = app;
  const now = instantSql(clock.now());
  if (clock.now() >= deadline) return 0;
  await db.execute(sql`
    update statements set state = 'discarded', decided_by = 'malipo', decided_at = ${now}
    where state = 'receiving' and uploaded_at < ${now} - ${config.retain.uploadsDays}::int * interval '1 day'`);
  let gone = 0;
  for (const [table, most] of Object.entries(CONTENT)) {
    gone += await deleteInChunks(
      app,
      deadline,
      (chunk) => sql`
      delete from ${sql.identifier(table)} where ctid = any(array(
        select c.ctid from statements s join ${sql.identifier(table)} c on c.statement_id = s.id
        where s.state in ('refused', 'discarded') and (s.decided_by = 'malipo' or coalesce(s.decided_at, s.uploaded_at) < ${now} - ${config.retain.refusedStatementsDays}::int * interval '1 day')
        limit ${chunk}::int))`,
      most,
    );
  }
  return gone;
}
