import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { closeTaskSql } from '#ground/tasks/change-task.ts';
import { line } from '#ground/text/line.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { requireOpen } from './require-open.ts';

/** Which task, and what was done. */
export const CloseTaskInput = z.strictObject({ id: z.uuid(), note: line(2, 1_000) });

/** Closes a task that is done, once: of two people who close it at once, one is told that the other did. Throws `task_not_found`, `task_closed`. */
export async function closeTask(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, note }: z.output<typeof CloseTaskInput>,
  { caller, requestId }: Pick<Call, 'caller' | 'requestId'>,
) {
  const now = clock.now();
  const { rows } = await db.execute(closeTaskSql({ taskId: id, by: caller.id, requestId, now }, { noteId: newId(), note }));
  if (rows.length === 0) await requireOpen(db, id);
  return { taskId: id, state: 'closed', closedAt: now.toISOString(), closedBy: caller.id };
}
