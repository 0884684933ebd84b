import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';

/**
 * All active administrators, as callers: locked in one order, so that of two who shut each other out the second finds themselves shut out. Throws `forbidden`
 * where the caller is none of them.
 */
export async function lockAdministrators(tx: Tx, caller: string): Promise<string[]> {
  const found = await readRows(
    tx,
    z.object({ id: z.uuid() }),
    sql`select p.id from people p where p.role = 'admin' and p.disabled_at is null order by p.id for update`,
  );
  const administrators = found.map(({ id }) => `person:${id}`);
  if (!administrators.includes(caller)) throw new AppError('forbidden', 'You are no longer an administrator.');
  return administrators;
}
