import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypted, instant, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { personOfSql } from './person-of.ts';

const Row = z.object({ closedAt: instant.nullable(), closedBy: z.string().nullable(), name: decrypted('name').nullable() });

/** Throws `task_not_found`, or `task_closed` with who closed it and when. */
export async function requireOpen(db: Db, taskId: string): Promise<void> {
  const [row] = await readRows(
    db,
    Row,
    sql`select r.closed_at, r.closed_by, p.name from reviews r left join people p on p.id = ${personOfSql(sql`r.closed_by`)} where r.id = ${taskId}::uuid`,
  );
  if (!row) throw new AppError('task_not_found', 'There is no such task.');
  const { closedAt, closedBy, name } = row;
  if (closedAt === null) return;
  const who = name ?? (closedBy === 'malipo' ? 'Malipo itself' : 'somebody');
  throw new AppError('task_closed', `This task is closed: ${who} closed it. If its cause comes back, a new one opens.`, {
    ...{ taskId, closedAt: closedAt.toISOString(), closedBy: { by: closedBy, name } },
  });
}
