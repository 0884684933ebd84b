import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { decrypted, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { assignTaskSql } from '#ground/tasks/change-task.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { ROLES, rightsOf } from '#people/auth/rights.ts';
import { personOf } from './person-of.ts';
import { requireOpen } from './require-open.ts';

/** To whom: a person by their id, oneself, or nobody. */
export const AssignTaskInput = z.strictObject({
  id: z.uuid(),
  assignee: z.union([z.enum(['me', 'none']), z.uuid()], 'Send the id of a person, "me" or "none".'),
});

/** Gives an open task to a person who may do tasks, to oneself, or to nobody; safe to repeat. Throws `task_not_found`, `task_closed`, `assignee_refused`. */
export async function assignTask(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, assignee }: z.output<typeof AssignTaskInput>,
  { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
) {
  const personId = assignee === 'none' ? null : assignee === 'me' ? personOf(caller) : assignee;
  const person = personId === null ? null : { personId, name: await requireMayDoTasks(db, personId) };
  const change = { taskId: id, by: caller.id, requestId, now: clock.now() };
  const { rows } = await db.execute(assignTaskSql(change, personId));
  if (rows.length === 0) await requireOpen(db, id); // it is theirs already
  return { taskId: id, assignee: person };
}

const MAY_DO_TASKS = ROLES.filter((role) => rightsOf(role).includes('tasks:manage'));

/** The name of a person who may do tasks. */
async function requireMayDoTasks(db: Db, personId: string): Promise<string> {
  const [person] = await readRows(
    db,
    z.object({ name: decrypted('name') }),
    sql`select name from people where id = ${personId}::uuid and disabled_at is null and role = any(${sql.param([...MAY_DO_TASKS])}::text[])`,
  );
  if (person) return person.name;
  throw new AppError(
    'assignee_refused',
    'Nobody who may do tasks has this id: send that of a treasurer or administrator who is not disabled.',
  );
}
