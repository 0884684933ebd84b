import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { newId } from '#ground/db/columns.ts';
import { AppError } from '#ground/errors.ts';
import { answerOnce } from '#ground/idempotency/answer-once.ts';
import { noteTaskSql } from '#ground/tasks/change-task.ts';
import { line } from '#ground/text/line.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** What to keep about a task. */
export const NoteTaskInput = z.strictObject({ id: z.uuid(), note: line(2, 1_000) });

/** Keeps what a person found out about a task, also about one that is closed. Repeated with the same Idempotency-Key it is kept once. Throws `task_not_found`. */
export function noteTask(
  { db, clock }: Pick<App, 'db' | 'clock'>,
  { id, note }: z.output<typeof NoteTaskInput>,
  { caller, requestId, key }: Call,
) {
  const now = clock.now();
  const noteId = newId();
  return answerOnce(db, { key, id: noteId, now }, async (tx) => {
    const { rows } = await tx.execute(noteTaskSql({ taskId: id, by: caller.id, requestId, now }, { noteId, note }));
    if (rows.length === 0) throw new AppError('task_not_found', 'There is no such task.');
    return { taskId: id, noteId };
  });
}
