import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Reader, Tx } from '#ground/db/types.ts';
import type { Found, Holding } from './holding.ts';

const AT_A_TIME = 1_000;

const Read = z.object({ row: z.record(z.string(), z.unknown()), theirs: z.boolean() });
export type ReadRow = z.output<typeof Read>;

/** The rows that a holding has of a person, and whether what is personal in each is theirs. */
export async function readHeld(db: Reader, { table, held, theirs = () => sql`true` }: Holding, found: Found): Promise<ReadRow[]> {
  const rows: ReadRow[] = [];
  for (let skipped = 0; ; skipped += AT_A_TIME) {
    const { rows: read } = await db.execute(sql`
      select to_jsonb(t) as row, coalesce(${theirs(found)}, false) as theirs from ${sql.identifier(table)} t where ${held(found)}
      order by t.ctid limit ${AT_A_TIME} offset ${skipped}`);
    rows.push(...z.array(Read).parse(read));
    if (read.length < AT_A_TIME) return rows;
  }
}

/** Writes new values into some columns of the rows that are theirs; returns how many. */
export async function rewriteHeld(
  tx: Tx,
  { table, held, theirs = () => sql`true` }: Holding,
  found: Found,
  { values, where }: { values: Record<string, SQL>; where: SQL },
): Promise<number> {
  const set = sql.join(
    Object.entries(values).map(([column, value]) => sql`${sql.identifier(column)} = ${value}`),
    sql`, `,
  );
  const { rowCount } = await tx.execute(
    sql`update ${sql.identifier(table)} t set ${set} where (${held(found)}) and (${theirs(found)}) and (${where})`,
  );
  return rowCount ?? 0;
}

/** Deletes the rows that a holding has of a person; returns how many. */
export async function deleteHeld(tx: Tx, { table, held }: Holding, found: Found): Promise<number> {
  const { rowCount } = await tx.execute(sql`delete from ${sql.identifier(table)} t where ${held(found)}`);
  return rowCount ?? 0;
}
