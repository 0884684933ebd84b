import * as z from 'zod';
import { SUBJECTS, type SubjectType } from '#desk/tasks/subjects.ts';
import { actor, id, shillings, time, totals } from '../fields.ts';
import { operation, type Part } from '../operation.ts';
import { suggestion } from './deposits.ts';

const subjectType = z.enum(Object.keys(SUBJECTS) as SubjectType[]);

const writer = z.strictObject({ by: actor, name: z.string().nullable() });

const task = {
  taskId: id,
  kind: z.string(),
  title: z.string(),
  subject: z.strictObject({
    type: subjectType.nullable(),
    id: z.string().nullable().describe('Null for a key that may not read what it names.'),
  }),
  words: z.string().nullable(),
  state: z.enum(['open', 'closed']),
  openedAt: time,
  assignee: z.strictObject({ personId: id, name: z.string().nullable() }).nullable(),
  closedAt: time.nullable(),
  closedBy: writer.nullable(),
};

const Action = z
  .strictObject({
    method: z.enum(['GET', 'POST']),
    path: z.string(),
    does: z.string(),
    send: z.record(z.string(), z.unknown()).optional(),
    allowed: z.boolean(),
  })
  .meta({
    id: 'Action',
    description: 'A request that mends what a task is about; `allowed` says whether you may make it, or somebody else has to.',
  });

const Task = z
  .strictObject({
    ...task,
    happened: z.string(),
    todo: z.string(),
    more: z.array(z.string()),
    closedNote: z.string().nullable(),
    notes: z.array(z.strictObject({ noteId: id, note: z.string(), closes: z.boolean(), writtenAt: time, writtenBy: writer })),
    amounts: z.array(
      z.strictObject({
        what: z.enum(['payment', 'deposit', 'payout', 'loan', 'statement', 'entry']),
        id,
        reference: z.string().nullable(),
        receipt: z.string().nullable(),
        amount: shillings,
        waiting: shillings.nullable(),
        owed: shillings.nullable(),
        proved: z.boolean().nullable(),
        state: z.string().nullable(),
        at: time.nullable(),
        lostReceipt: z.string().nullable(),
        sameAs: id.nullable(),
      }),
    ),
    reported: z
      .array(
        z
          .strictObject({
            source: z.string(),
            says: z.string(),
            heardAt: time,
            receipts: z.array(z.string()),
            originalReceipt: z.string().nullable(),
            typedReference: z.string().nullable(),
            amount: shillings.nullable(),
            movedAt: time.nullable(),
            maskedPhone: z.string().nullable(),
            resultCode: z.string().nullable(),
          })
          .meta({ id: 'Reported', description: 'What Safaricom, or whoever claimed to be it, has named. It may be false.' }),
      )
      .describe('For the kinds that ask to compare what was reported: the newest first. What it did not name is null.'),
    candidates: z.array(suggestion),
    actions: z.array(Action),
  })
  .meta({ id: 'Task' });

const TaskPage = z
  .strictObject({
    tasks: z.array(z.strictObject(task).meta({ id: 'ListedTask' })),
    nextCursor: z.string().nullable(),
    ...totals,
  })
  .meta({ id: 'TaskPage' });

export const tasks: Part = {
  tag: 'Tasks',
  about: 'What waits for a person, in words, with the requests that mend it.',
  operations: {
    listTasks: operation(() => import('../../../netlify/functions/list-tasks.ts'), {
      summary: 'List what waits for a person',
      description:
        "By `kind`, by what it is about (`subject`), `open` or closed, by whose it is (`assignee` is a person's id, `me` or `none`), or by words of it (`search`).",
      answer: TaskPage,
    }),
    readTask: operation(() => import('../../../netlify/functions/read-task.ts'), {
      summary: 'Read a task',
      description:
        'What happened, what to do, its own words and notes (these to people alone), the amounts that it is about, what was `reported` of it (codes, amounts, times), `candidates` for money in suspense (to whoever may match it), and `actions`: the requests that mend it, each with what it `does`, what to `send`, and whether you are `allowed` to.',
      answer: Task,
      problems: ['task_not_found'],
    }),
    assignTask: operation(() => import('../../../netlify/functions/assign-task.ts'), {
      summary: 'Give a task to a person',
      description: 'To a person who may do tasks, by their id; `me` takes it, `none` gives it back.',
      answer: z
        .strictObject({ taskId: id, assignee: z.strictObject({ personId: id, name: z.string() }).nullable() })
        .meta({ id: 'TaskAssigned' }),
      problems: ['assignee_refused', 'task_closed', 'task_not_found'],
    }),
    noteTask: operation(() => import('../../../netlify/functions/note-task.ts'), {
      summary: 'Note what was found out about a task',
      description: 'The note is kept encrypted.',
      answer: z.strictObject({ taskId: id, noteId: id }).meta({ id: 'TaskNoted' }),
      problems: ['task_not_found'],
      takesKey: true,
    }),
    closeTask: operation(() => import('../../../netlify/functions/close-task.ts'), {
      summary: 'Close a task',
      description: 'With what was done, once. If its cause comes back, a new one opens.',
      answer: z.strictObject({ taskId: id, state: z.literal('closed'), closedAt: time, closedBy: actor }).meta({ id: 'TaskClosed' }),
      problems: ['payouts_stopped', 'task_closed', 'task_money_waits', 'task_not_found'],
    }),
  },
};
