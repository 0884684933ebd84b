import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { decrypt } from './encryption.ts';
import type { Db, Reader } from './types.ts';

/** A bigint column of a raw statement: it comes back as text. */
export const bigintText = z.union([z.string(), z.number()]).transform((value) => BigInt(value));

/** A timestamptz column of a raw statement. */
export const instant = z.union([z.string(), z.date()]).transform((value) => new Date(value));

/** A moment as a parameter of a raw statement. */
export const instantSql = (at: Date | null | undefined): SQL => sql`${at?.toISOString() ?? null}::timestamptz`;

/** An encrypted column of a raw statement, by its column name. */
export const decrypted = (column: string) => z.string().transform((value) => decrypt(value, column));

/** The same; null where it cannot be decrypted, so that one row whose key is missing does not hide the others. */
export const decryptedIfCan = (column: string) =>
  z.string().transform((value) => {
    try {
      return decrypt(value, column);
    } catch {
      return null;
    }
  });

/**
 * The select list of a shape: `p.amount_cents` for `amountCents`. pick.ts also takes the shape from the schema, but puts the schema into
 * the bundle: 10 kB of tables.
 */
export const listOf = (alias: string, shape: z.ZodObject): SQL =>
  sql.raw(
    Object.keys(shape.shape)
      .map((key) => `${alias}.${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`)
      .join(', '),
  );

/** Runs a raw statement and checks the shape of what comes back. */
export const readRows = async <T extends z.ZodType>(db: Reader, row: T, statement: SQL): Promise<z.output<T>[]> =>
  rowsOf(row, (await db.execute(statement)).rows);

/** The rows of a result, in their shape: a column `amount_cents` is its `amountCents`. */
export const rowsOf = <T extends z.ZodType>(row: T, rows: readonly unknown[] = []): z.output<T>[] => z.array(row).parse(rows.map(named));

/** The only row of a result. */
export const rowOf = <T extends z.ZodType>(row: T, rows: readonly unknown[] = []): z.output<T> => row.parse(named(rows[0]));

const named = (read: unknown) => Object.fromEntries(Object.entries(read ?? {}).map(([name, value]) => [camelCase(name), value]));

/** The name of a column in TypeScript. */
export const camelCase = (column: string): string => column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Runs statements in order, in one transaction and one round trip. */
export function inOneBatch(db: Pick<Db, 'batch' | 'execute'>, statements: readonly SQL[]) {
  const [first, ...rest] = statements.map((statement) => db.execute(statement));
  if (!first) throw new Error('A batch has at least one statement.');
  return db.batch([first, ...rest]);
}
