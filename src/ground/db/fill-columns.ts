import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PoolClient } from '@neondatabase/serverless';

const STATEMENT = /^update (\w+) set ([^;]+) where ([^;]+?);?$/is;

/** How many rows are read, and locked, at a time: a moment's work. */
const CHUNK = 1_000;

type Fill = { constraint: string; table: string; set: string; where: string };

/**
 * Fills new columns in older rows, by the statements of a folder. Each file is named after the check that its rows must meet, and is skipped once that check is
 * validated. Goes through the table by id, each chunk in a transaction of its own, and waits for no row while it holds others. Safe to cut off and to run again.
 * The connection must hold no transaction.
 */
export async function fillColumns(client: PoolClient, folder: string, chunk = CHUNK): Promise<void> {
  for (const fill of readFills(folder)) {
    const { rows } = await client.query('select convalidated as valid from pg_constraint where conname = $1', [fill.constraint]);
    if (rows.length !== 1) throw new Error(`${fill.constraint}.sql is not named after a check.`);
    if (!rows[0].valid) await fillTable(client, fill, chunk);
  }
}

function readFills(folder: string): Fill[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.sql')) : [];
  return files.sort().map((file) => {
    const statement = readFileSync(path.join(folder, file), 'utf8')
      .replace(/^\s*--.*$/gm, '')
      .trim();
    const [, table, set, where] = STATEMENT.exec(statement) ?? [];
    if (!table || !set || !where) throw new Error(`${file} is not one "update TABLE set ... where ...".`);
    return { constraint: path.basename(file, '.sql'), table, set, where };
  });
}

async function fillTable(client: PoolClient, { table, set, where }: Fill, chunk: number): Promise<void> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const end = `select id from (select id from ${table} where id > $1 order by id limit $2) page order by id desc limit 1`;
    const { rows } = await client.query<{ id: string }>(end, [after, chunk]);
    const upTo = rows[0]?.id;
    if (!upTo) return;
    const free = `select id from ${table} where id > $1 and id <= $2 and (${where}) for no key update skip locked`;
    await client.query(`update ${table} set ${set} where id in (${free})`, [after, upTo]).catch(unlessUnfit);
    // row by row: what somebody had locked, or the whole chunk if one row breaks another rule
    const left = await client.query<{ id: string }>(`select id from ${table} where id > $1 and id <= $2 and (${where})`, [after, upTo]);
    for (const { id } of left.rows) await client.query(`update ${table} set ${set} where id = $1 and (${where})`, [id]).catch(unlessUnfit);
    after = upTo;
  }
}

/** A row that breaks another rule is left for `validateConstraints` to name. */
function unlessUnfit(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === '23514')) throw error;
}
