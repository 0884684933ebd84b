import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypt } from './encryption.ts';
import type { Db, Reader } from './types.ts';

const BATCH = 1_000;

/** A bigint column of a raw statement: it comes back as text. */
export const bigintText = z.union([z.string(), z.number()]).transform((value) => BigInt(value));

/** A timestamptz column of a raw statement. */
export const instant = z.union([z.string(), z.date()]).transform((value) => new Date(value));

/** A moment as a raw statement takes it. */
export const instantSql = (at: Date | null | undefined): SQL => sql`${at?.toISOString() ?? null}::timestamptz`;

/** An encrypted column of a raw statement, by its column name. */
export const decrypted = (column: string) => z.string().transform((value) => decrypt(value, column));

/** The select list of columns that are named as the keys of a shape are: `amountCents` for `p.amount_cents`. pick.ts takes the shape from the schema as well, which then is in the bundle: 10 kB of tables. */
export const listOf = (alias: string, shape: z.ZodObject): SQL =>
  sql.raw(
    Object.keys(shape.shape)
      .map((key) => `${alias}.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} as "${key}"`)
      .join(', '),
  );

/** Runs a raw statement and checks the shape of what comes back. */
export async function readRows<T extends z.ZodType>(db: Reader, row: T, statement: SQL): Promise<z.output<T>[]> {
  const result = await db.execute(statement);
  return z.array(row).parse(result.rows);
}

/** Runs statements in order, in one transaction and one round trip. */
export function inOneBatch(db: Pick<Db, 'batch' | 'execute'>, statements: readonly SQL[]) {
  const [first, ...rest] = statements.map((statement) => db.execute(statement));
  if (!first) throw new Error('A batch has at least one statement.');
  return db.batch([first, ...rest]);
}

/**
 * Deletes some rows at a time until fewer are found or `deadline` has come, so that nobody waits for a long statement. Returns how many it
 * deleted.
 */
export async function deleteInChunks(
  { db, clock }: { db: Db; clock: { now(): Date } },
  deadline: Date,
  statement: (most: number) => SQL,
  most = BATCH,
): Promise<number> {
  let gone = 0;
  while (clock.now() < deadline) {
    const { rowCount } = await db.execute(statement(most));
    gone += rowCount ?? 0;
    if ((rowCount ?? 0) < most) break;
  }
  return gone;
}
