import { sql } from 'drizzle-orm';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { presentTask, TASK_FROM, TASK_LIST, TaskRow } from './task-row.ts';

/** Throws `task_not_found`, or `task_closed` with who closed it and when. */
export async function requireOpen(db: Db, taskId: string): Promise<void> {
  const [row] = await readRows(db, TaskRow, sql`select ${TASK_LIST} from ${TASK_FROM} where r.id = ${taskId}::uuid`);
  if (!row) throw new AppError('task_not_found', 'There is no such task.');
  const { closedAt, closedBy } = presentTask(row);
  if (closedAt === null) return;
  const who = closedBy?.name ?? (closedBy?.by === 'malipo' ? 'Malipo itself' : 'somebody');
  throw new AppError('task_closed', `This task is closed: ${who} closed it. If its cause comes back, a new one opens.`, {
    ...{ taskId, closedAt, closedBy },
  });
}
