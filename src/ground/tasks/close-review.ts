import { type SQL, sql } from 'drizzle-orm';

/** Closes the open task of this kind and subject as the system itself, as a common table expression of a one-statement path; nothing happens when there is none. */
export const closeReviewSql = (task: { kind: SQL; subject: SQL; closedAt: Date; note: string; when: SQL }): SQL => sql`
  update reviews set closed_at = ${task.closedAt.toISOString()}::timestamptz, closed_by = 'malipo', note = ${task.note}
  where kind = ${task.kind} and subject = ${task.subject} and closed_at is null and ${task.when}`;
