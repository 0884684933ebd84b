import { sql } from 'drizzle-orm';
import { daysBefore, deleteInChunks } from '#ground/db/delete-in-chunks.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { App } from '../wiring/app.ts';

/** The tables that hold a statement's content, and how many rows of each one request deletes: a part has up to 4 MB. */
const CONTENT = { statement_parts: 20, statement_lines: 1_000, statement_absences: 1_000 } as const;

/**
 * Deletes the content of statements that will never be booked. An upload that is not complete RETAIN_UPLOADS_DAYS after it began is discarded. The file, lines and
 * findings of a statement that a person discarded or that was refused are deleted after RETAIN_REFUSED_STATEMENTS_DAYS, those of an incomplete upload at once; its
 * name and who did what stay. Statements that are signed, or may still be, stay whole. Returns how many rows were deleted.
 */
export async function purgeUploads(app: Pick<App, 'db' | 'clock' | 'config'>, deadline: Date): Promise<number> {
  const { db, clock, config } = app;
  const now = instantSql(clock.now());
  if (clock.now() >= deadline) return 0;
  await db.execute(sql`
    update statements set state = 'discarded', decided_by = 'malipo', decided_at = ${now}
    where state = 'receiving' and uploaded_at < ${now} - ${config.retain.uploadsDays}::int * interval '1 day'`);
  const before = daysBefore(clock.now(), config.retain.refusedStatementsDays);
  let gone = 0;
  for (const [table, most] of Object.entries(CONTENT)) {
    gone += await deleteInChunks(
      app,
      deadline,
      { kind: 'statements', before },
      (chunk) => sql`
      delete from ${sql.identifier(table)} where ctid = any(array(
        select c.ctid from statements s join ${sql.identifier(table)} c on c.statement_id = s.id
        where s.state in ('refused', 'discarded') and (s.decided_by = 'malipo' or coalesce(s.decided_at, s.uploaded_at) < ${instantSql(before)})
        limit ${chunk}::int))`,
      most,
    );
  }
  return gone;
}
