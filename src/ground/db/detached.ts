import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { AppError } from '../errors.ts';
import { newId } from './columns.ts';
import { instantSql, readRows } from './rows.ts';
import type { Reader, Session } from './types.ts';

/** Whether this database is a copy that nobody has claimed: another one may still be at work on the same money. */
export const IS_DETACHED = sql`exists (select from detachments where claimed_at is null)`;

/** The same, asked by itself. */
export async function isDetached(db: Reader): Promise<boolean> {
  const [row] = await readRows(db, z.object({ detached: z.boolean() }), sql`select ${IS_DETACHED} as detached`);
  return row?.detached ?? false;
}

/** Throws `copy_unclaimed` in such a copy: what reaches others from there would be said twice. */
export async function refuseDetached(db: Reader): Promise<void> {
  if (await isDetached(db))
    throw new AppError(
      'copy_unclaimed',
      'This database is a copy that nobody has claimed: it sends nothing before (npm run claim -- copy).',
    );
}

/** Says that this database is now a copy of what was at `asOf`. In the transaction that fills it: so there is no moment at which it could act. */
export async function detach(client: Session, { asOf, now }: { asOf: Date; now: Date }): Promise<void> {
  await client.query('insert into detachments (id, as_of, detached_at) values ($1, $2, $3)', [newId(), asOf, now]);
}

/** A statement, or a common table expression, that claims the copy in a person's name; it yields the `id` of each detachment that it ends. */
export const claimCopySql = (by: string, now: Date): SQL => sql`
  update detachments set claimed_at = ${instantSql(now)}, claimed_by = ${by} where claimed_at is null and not exists (select from detachments where claimed_at is null and held_at is null) returning id, as_of`;

/** A statement that says that what this copy must not do again by itself is held: only now can it be claimed. Part of what holds it, at the end. */
export const markHeldSql = (now: Date): SQL =>
  sql`update detachments set held_at = ${instantSql(now)} where claimed_at is null and held_at is null`;
