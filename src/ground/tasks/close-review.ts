import { type SQL, sql } from 'drizzle-orm';

/** A common table expression that closes the open task of this kind and subject, if any, in the system's name. */
export const closeReviewSql = (task: { kind: SQL; subject: SQL; closedAt: Date; note: string; when: SQL }): SQL => sql`
  update reviews set closed_at = ${task.closedAt.toISOString()}::timestamptz, closed_by = 'malipo', note = ${task.note}
  where kind = ${task.kind} and subject = ${task.subject} and closed_at is null and ${task.when}`;
