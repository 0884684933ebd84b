import { type SQL, sql } from 'drizzle-orm';
import type * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { pick } from '#ground/db/pick.ts';
import { decrypted } from '#ground/db/rows.ts';
import { reviews } from '#ground/tasks/reviews.schema.ts';
import { personOfSql } from './person-of.ts';
import { nameFor, seesId, wordsFor } from './seen-by.ts';
import { type SubjectType, typesOf } from './subjects.ts';
import type { TaskWords } from './task-words.ts';

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

/** A task with the words of its kind, as a list shows it to its caller: a key sees no names of staff, and of its subject no more than it may read. */
export function presentTask(
  row: TaskRow,
  { title, subject: types }: Pick<TaskWords, 'title' | 'subject'>,
  caller: Pick<Caller, 'id' | 'scopes'>,
) {
  const type = typesOf(types, row.subject)[0] ?? null;
  return {
    taskId: row.id,
    kind: row.kind,
    title,
    subject: presentSubject(type, row.subject, caller),
    words: wordsFor(row.words, caller),
    state: row.closedAt === null ? ('open' as const) : ('closed' as const),
    openedAt: row.openedAt.toISOString(),
    assignee: row.assignee === null ? null : { personId: row.assignee, name: nameFor(row.assigneeName, caller) },
    closedAt: row.closedAt?.toISOString() ?? null,
    closedBy: row.closedBy === null ? null : { by: row.closedBy, name: nameFor(row.closerName, caller) },
  };
}

/** What a task is about; `id` is null for whoever may not have it. */
export const presentSubject = (type: SubjectType | null, id: string, caller: Pick<Caller, 'id' | 'scopes'>) => ({
  ...{ type, id: seesId(type, caller) ? wordsFor(id, caller) : null },
});
