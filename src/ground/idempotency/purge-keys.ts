import { sql } from 'drizzle-orm';
import { deleteInChunks } from '../db/delete-in-chunks.ts';
import { instantSql } from '../db/rows.ts';
import type { Ground } from '../ground.ts';

/** Deletes Idempotency-Keys after 72 hours. */
export const purgeKeys = (app: Pick<Ground, 'db' | 'clock'>, deadline: Date): Promise<number> =>
  deleteInChunks(
    app,
    deadline,
    (most) => sql`
    delete from idempotency_keys where (scope, key) in (
      select scope, key from idempotency_keys where created_at < ${instantSql(app.clock.now())} - interval '72 hours' order by created_at limit ${most})`,
  );
