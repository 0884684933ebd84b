import { type Column, getTableColumns, type InferSelectModel, type SQL, sql } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import * as z from 'zod';
import { camelCase } from './rows.ts';

type Fields<T extends PgTable> = keyof InferSelectModel<T> & string;

/** A select list, and the shape of the rows that it yields. */
export type Picked<Row> = { list: SQL; row: z.ZodObject<{ [Name in keyof Row]: z.ZodType<Row[Name]> }> };

/**
 * Columns of a table for a raw statement: `select ${PAYOUT.list} from payouts p`, read with `PAYOUT.row`. `alias` is the table's name in that statement. Types,
 * decryption and nullability come from the schema.
 */
export function pick<T extends PgTable, K extends Fields<T>>(
  table: T,
  alias: string,
  fields: readonly K[],
): Picked<Pick<InferSelectModel<T>, K>> {
  const columns: Record<string, Column> = getTableColumns(table);
  const chosen = fields.map((field): [K, Column] => [field, columns[field] as Column]);
  const list = sql.join(
    chosen.map(([field, { name }]) => sql.raw(`${alias}.${name}${camelCase(name) === field ? '' : ` as "${field}"`}`)),
    sql`, `,
  );
  const row = z.object(Object.fromEntries(chosen.map(([field, column]) => [field, shapeOf(column)])));
  return { list, row: row as unknown as Picked<Pick<InferSelectModel<T>, K>>['row'] };
}

function shapeOf(column: Column): z.ZodType {
  const read = z.unknown().transform((value, context) => {
    if (value !== undefined && value !== null) return column.mapFromDriverValue(value);
    context.addIssue({ code: 'custom', message: `${column.name} has no value here.` });
    return z.NEVER;
  });
  return column.notNull ? read : z.null().or(read);
}
