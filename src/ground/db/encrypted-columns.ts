import { getTableColumns, getTableName, is } from 'drizzle-orm';
import { PgTable } from 'drizzle-orm/pg-core';
import type { Db } from './types.ts';

/** A column whose values are encrypted, bound to its name (`encrypted` of columns.ts), or a field of JSON in it, whose values are bound to the name `as`. */
export type EncryptedColumn = { table: string; column: string; field?: { name: string; as: string } };

/** The text of such a value in a statement. */
export const textOf = ({ column, field }: EncryptedColumn): string => (field ? `(${column} ->> '${field.name}')` : column);

/** Encrypted by hand, since older rows of it are in clear. */
const BY_HAND: readonly string[] = ['idempotency_keys.body'];

/** The encrypted columns of some schemas (what their files export), by table; of fields of JSON what they export as `sealedFields`. */
export function encryptedColumns(schemas: readonly Record<string, unknown>[]): EncryptedColumn[] {
  const tables = schemas.flatMap((schema) => Object.values(schema).filter((one): one is PgTable => is(one, PgTable)));
  const found = tables.flatMap((table) =>
    Object.values(getTableColumns(table)).flatMap((column) =>
      (column.columnType === 'PgCustomColumn' && column.getSQLType() === 'text') ||
      BY_HAND.includes(`${getTableName(table)}.${column.name}`)
        ? [{ table: getTableName(table), column: column.name }]
        : [],
    ),
  );
  const inJson = schemas.flatMap(({ sealedFields }) => (sealedFields as readonly EncryptedColumn[] | undefined) ?? []);
  return [...found, ...inJson].sort((a, b) => `${a.table}.${a.column}`.localeCompare(`${b.table}.${b.column}`));
}

/** How many values of these columns are under which key. */
export async function countByKey(db: Db, columns: readonly EncryptedColumn[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const one of columns) {
    const value = textOf(one);
    const counted = `select split_part(${value}, '.', 2) as id, count(*)::int as n from ${one.table} where ${value} like 'v1.%' group by 1`;
    for (const { id, n } of await db.query(counted, [])) counts.set(String(id), (counts.get(String(id)) ?? 0) + Number(n));
  }
  return counts;
}
