import { is, SQL, sql } from 'drizzle-orm';
import { setIdSql } from '../db/columns.ts';
import { instantSql } from '../db/rows.ts';
import type { Db, Tx } from '../db/types.ts';
import { enqueueSql } from '../outbox/enqueue.ts';
import type { TaskKind } from './task-kinds.ts';

/** Opens a task for a person and promises an alert, both with `words`; does nothing when the same task is open already. */
export async function openTask(db: Db | Tx, task: { kind: TaskKind; subject: string; openedAt: Date; words?: string }): Promise<void> {
  await db.execute(sql`with ${openTasksSql({ ...task, from: sql`(select) as always` })} select`);
}

/** The same as two common table expressions (`task`, `alert`): a task for each row that `from` yields. `kind` and `words` may be SQL where they differ from row to row. */
export const openTasksSql = (tasks: {
  kind: TaskKind | SQL;
  subject: string | SQL;
  openedAt: Date;
  from: SQL;
  words?: string | SQL;
}): SQL => sql`
  task as (
    insert into reviews (id, kind, subject, words, opened_at)
    select ${setIdSql()}, ${textSql(tasks.kind)}, ${textSql(tasks.subject)}, ${is(tasks.words, SQL) ? tasks.words : sql`${tasks.words ?? null}::text`}, ${instantSql(tasks.openedAt)} from ${tasks.from}
    on conflict (kind, subject) where closed_at is null do nothing
    returning id, words
  ), alert as (
    ${enqueueSql({
      key: sql`'alert:' || id`,
      message: {
        kind: 'alert',
        reviewId: sql`id`,
        ...(tasks.words !== undefined && { words: is(tasks.words, SQL) ? sql`words` : tasks.words }),
      },
      dueAt: tasks.openedAt,
      from: sql`task`,
    })}
  )`;

const textSql = (value: string | SQL): SQL => (is(value, SQL) ? value : sql`${value}::text`);
