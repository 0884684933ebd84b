import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import type { Call, Caller } from '#ground/call.ts';
import { listInput, readPage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { TASK_KINDS } from '#ground/tasks/task-kinds.ts';
import { line } from '#ground/text/line.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { personOf } from './person-of.ts';
import { presentTask, TASK_FROM, TASK_LIST, TaskRow } from './task-row.ts';
import { TASK_TITLES } from './titles.ts';

/** Filters: by kind, exact subject, open or closed, who has it, and words in kind, title, subject or the task's own words. */
export const ListTasksInput = listInput(
  {
    kind: z.enum(TASK_KINDS).optional(),
    subject: z.string().trim().min(1).max(200).optional(),
    open: z.enum(['true', 'false', 'all']).default('true'),
    assignee: z.union([z.enum(['me', 'none']), z.uuid()], 'Send the id of a person, "me" or "none".').optional(),
    search: line(1, 100).optional(),
    order: z.enum(['newest', 'oldest']).default('newest'),
    cursor: Cursor.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  },
  500,
);
type ListTasksInput = z.output<typeof ListTasksInput>;

const CSV_COLUMNS = [
  ...['taskId', 'openedAt', 'kind', 'title', 'subjectType', 'subject', 'words', 'assigneeId', 'assigneeName'],
  ...['closedAt', 'closedBy', 'closedByName'],
];

/**
 * What a person has to look at, in keyset pages: the open tasks unless asked for others, newest first or oldest. One round trip.
 */
export async function listTasks({ db }: Pick<App, 'db'>, input: ListTasksInput, { caller }: Pick<Call, 'caller'>) {
  const wanted = conditions(input, caller);
  const direction = input.order === 'newest' ? sql`desc` : sql`asc`;
  const { rows, hasMore, totals } = await readPage(db, TaskRow, input, {
    list: sql`select ${TASK_LIST} from ${TASK_FROM} where ${sql.join([...wanted, after(input)], sql` and `)}
      order by r.opened_at ${direction}, r.id ${direction}`,
    all: sql`from reviews r where ${sql.join(wanted, sql` and `)}`,
  });
  const { wordsOf } = await import('#desk/tasks/words-of.ts'); // much text, which lies beside the bundles
  const tasks = rows.map((row) => presentTask(row, wordsOf(row.kind), caller));
  const last = rows.at(-1);
  const nextCursor = hasMore && last ? printCursor({ createdAt: last.openedAt, id: last.id }) : null;
  if (input.format === 'csv') return new Sheet('tasks.csv', CSV_COLUMNS, tasks.map(asLine), nextCursor);
  return { tasks, nextCursor, ...totals };
}

const asLine = ({ subject, assignee, closedBy, ...task }: ReturnType<typeof presentTask>) => ({
  ...task,
  ...{ subjectType: subject.type, subject: subject.id },
  ...{ assigneeId: assignee?.personId, assigneeName: assignee?.name, closedBy: closedBy?.by, closedByName: closedBy?.name },
});

function conditions({ kind, subject, open, assignee, search }: ListTasksInput, caller: Caller): SQL[] {
  const wanted = [
    open !== 'all' && (open === 'true' ? sql`r.closed_at is null` : sql`r.closed_at is not null`),
    kind && sql`r.kind = ${kind}`,
    subject && sql`r.subject = ${subject}`,
    assignee &&
      (assignee === 'none' ? sql`r.assignee is null` : sql`r.assignee = ${assignee === 'me' ? personOf(caller) : assignee}::uuid`),
    search && says(search),
  ];
  return [sql`true`, ...wanted.filter((each) => typeof each === 'object')];
}

const after = ({ cursor, order }: ListTasksInput): SQL => {
  if (!cursor) return sql`true`;
  const last = sql`(${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)`;
  return order === 'newest' ? sql`(r.opened_at, r.id) < ${last}` : sql`(r.opened_at, r.id) > ${last}`;
};

/** Whether a task says something, in any case. Notes are encrypted, and are not looked into. */
function says(search: string): SQL {
  const text = search.toLowerCase();
  const kinds = TASK_KINDS.filter((kind) => kind.includes(text) || TASK_TITLES[kind].toLowerCase().includes(text));
  const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`;
  return sql`(r.kind = any(${sql.param(kinds)}::text[]) or r.subject ilike ${pattern} or r.words ilike ${pattern})`;
}
