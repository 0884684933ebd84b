import { type SQL, sql } from 'drizzle-orm';
import type * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { decrypted } from '#ground/db/rows.ts';
import { reviews } from '#ground/tasks/reviews.schema.ts';
import { personOfSql } from './person-of.ts';
import { typesOf } from './subjects.ts';
import { wordsOf } from './words-of.ts';

const TASK = pick(reviews, 'r', [...(['id', 'kind', 'subject', 'words', 'openedAt', 'assignee', 'closedAt', 'closedBy', 'note'] as const)]);

/** A task with the names of who has it and who closed it. */
export const TaskRow = TASK.row.extend({ assigneeName: name(), closerName: name() });
export type TaskRow = z.output<typeof TaskRow>;

/** `name` stands for several columns of a row: it is decrypted as what it is in `people`. */
function name() {
  return decrypted('name').nullable();
}

export const TASK_LIST: SQL = sql`${TASK.list}, a.name as assignee_name, c.name as closer_name`;
export const TASK_FROM: SQL = sql`reviews r left join people a on a.id = r.assignee left join people c on c.id = ${personOfSql(sql`r.closed_by`)}`;

/** A task as a list shows it. */
export function presentTask(row: TaskRow) {
  const { title, subject: types } = wordsOf(row.kind);
  return {
    taskId: row.id,
    kind: row.kind,
    title,
    subject: { type: typesOf(types, row.subject)[0] ?? null, id: row.subject },
    words: row.words,
    state: row.closedAt === null ? ('open' as const) : ('closed' as const),
    openedAt: row.openedAt.toISOString(),
    assignee: row.assignee === null ? null : { personId: row.assignee, name: row.assigneeName },
    closedAt: row.closedAt?.toISOString() ?? null,
    closedBy: row.closedBy === null ? null : { by: row.closedBy, name: row.closerName },
  };
}
