import * as z from 'zod';
import { type EncryptedColumn, textOf } from './encrypted-columns.ts';
import { decrypt, encrypt } from './encryption.ts';
import type { Db } from './types.ts';

/** How much encrypted text is read at a time: memory for it, and a moment for whoever waits for one of the rows. */
const MOST_BYTES = 4_000_000;
const FEWEST = 1;
const MOST = 500;

const KEY_COLUMNS = `
  select a.attname::text as name, format_type(a.atttypid, a.atttypmod) as type from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
  where i.indrelid = $1::regclass and i.indisprimary order by array_position(i.indkey::int2[], a.attnum)`;

export type Rotated = { done: number; unreadable: number };

type KeyColumn = { name: string; type: string };

/**
 * Encrypts what is under an earlier key anew under the first one of the ring: some rows at a time, by the table's key, each statement a transaction of its own. A value
 * that somebody changes meanwhile stays as they wrote it. What no key of the ring can read is counted and left. Safe to stop at any moment, to repeat, and beside a
 * running site.
 */
export async function rotateTable(
  db: Db,
  { table, columns, current }: { table: string; columns: readonly EncryptedColumn[]; current: string },
  onProgress: (done: number) => void = () => {},
): Promise<Rotated> {
  const keys = z.array(z.object({ name: z.string(), type: z.string() })).parse(await db.query(KEY_COLUMNS, [table]));
  const under = (column: EncryptedColumn) => `(${textOf(column)} like 'v1.%' and ${textOf(column)} not like $1)`;
  const list = [
    ...keys.map(({ name }) => `${name}::text as "key:${name}"`),
    ...columns.map((column) => `${textOf(column)} as "${nameOf(column)}"`),
  ].join(', ');
  const order = keys.map(({ name }) => name).join(', ');
  const after = `(${order}) > (${keys.map(({ type }, at) => `$${at + 2}::${type}`).join(', ')})`;
  const total: Rotated = { done: 0, unreadable: 0 };
  let last: unknown[] | undefined;
  for (let most = 20; ; ) {
    const rows = await db.query(
      `select ${list} from ${table} where (${columns.map(under).join(' or ')})${last ? ` and ${after}` : ''} order by ${order} limit ${most}`,
      [`v1.${current.replaceAll('_', '\\_')}.%`, ...(last ?? [])],
    );
    let bytes = 0;
    for (const column of columns) {
      const { done, unreadable, read } = await rotateValues(db, { table, column, current, keys }, rows);
      total.done += done;
      total.unreadable += unreadable;
      bytes += read;
    }
    onProgress(total.done);
    if (rows.length < most) return total;
    last = keys.map(({ name }) => rows.at(-1)?.[`key:${name}`]);
    most = Math.max(FEWEST, Math.min(MOST, Math.floor(MOST_BYTES / Math.max(1, bytes / rows.length))));
  }
}

type Place = { table: string; column: EncryptedColumn; current: string; keys: readonly KeyColumn[] };

const nameOf = ({ column, field }: EncryptedColumn): string => (field ? `${column}.${field.name}` : column);

async function rotateValues(db: Db, { table, column, current, keys }: Place, rows: Record<string, unknown>[]) {
  const name = nameOf(column);
  const old = rows.filter((row) => isUnder(row[name], current));
  const values = old.flatMap((row) => {
    const value = String(row[name]);
    const anew = readOrNothing(value, column.field?.as ?? column.column);
    return anew === undefined ? [] : [{ row, value, anew }];
  });
  const read = old.reduce((sum, row) => sum + String(row[name]).length, 0);
  if (values.length === 0) return { done: 0, unreadable: old.length, read };
  const n = keys.length;
  const given = [...keys.map(({ type }, at) => `$${at + 1}::text[]::${type}[]`), `$${n + 1}::text[]`, `$${n + 2}::text[]`].join(', ');
  const same = keys.map(({ name }, at) => `t.${name} = v.k${at}`).join(' and ');
  const anew = column.field ? `jsonb_set(t.${column.column}, '{${column.field.name}}', to_jsonb(v.anew))` : 'v.anew';
  const updated = await db.query(
    `update ${table} t set ${column.column} = ${anew} from unnest(${given}) as v(${keys.map((_, at) => `k${at}`).join(', ')}, was, anew)
     where ${same} and ${textOf({ ...column, column: `t.${column.column}` })} = v.was returning 1`,
    [
      ...keys.map(({ name }) => values.map(({ row }) => row[`key:${name}`])),
      values.map(({ value }) => value),
      values.map(({ anew }) => anew),
    ],
  );
  return { done: updated.length, unreadable: old.length - values.length, read };
}

const isUnder = (value: unknown, current: string): boolean =>
  typeof value === 'string' && value.startsWith('v1.') && !value.startsWith(`v1.${current}.`);

function readOrNothing(value: string, context: string): string | undefined {
  try {
    return encrypt(decrypt(value, context), context);
  } catch {
    return undefined;
  }
}
