import { is, SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';
import type { Db, Tx } from '../db/types.ts';
import type { TaskKind } from './task-kinds.ts';

/** Who closed a task (the system, Safaricom's word, or a caller by id), when, and with which note. */
type Closing = { closedAt: Date; closedBy?: string; note: string | SQL };

/**
 * A statement, or a common table expression, that closes the open tasks of these kinds about these subjects, if any: in the system's name unless `closedBy` is
 * given. SQL in `when` and `note` reads the row of each task.
 */
export const closeTasksSql = (tasks: Closing & { kinds: readonly TaskKind[]; subjects: string[] | SQL; when?: SQL }): SQL => sql`
  update reviews set closed_at = ${instantSql(tasks.closedAt)}, closed_by = ${tasks.closedBy ?? 'malipo'}, note = ${tasks.note}
  where kind = any(${sql.param([...tasks.kinds])}::text[]) and subject = any(${is(tasks.subjects, SQL) ? sql`array(${tasks.subjects})` : sql`${sql.param(tasks.subjects)}::text[]`})
    and closed_at is null and (${tasks.when ?? sql`true`})`;

/** Replaces the words of the open task of this kind and subject. */
export const rewordTask = (db: Db | Tx, task: { kind: TaskKind; subject: string; words: string }) =>
  db.execute(sql`
  update reviews set words = ${task.words}
  where kind = ${task.kind} and subject = ${task.subject} and closed_at is null and words is distinct from ${task.words}`);
