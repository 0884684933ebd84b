import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { PoolClient } from '@neondatabase/serverless';

const STATEMENT = /^create (?:unique )?index concurrently if not exists (\w+) on [^;]+;?$/i;

/**
 * Builds the indexes of a folder, one file each, without stopping writes; safe to run again. An index that an earlier run left unfinished is dropped and rebuilt.
 * Throws before it builds anything if a file is not one such statement. The connection must hold no transaction.
 */
export async function buildIndexes(client: PoolClient, folder: string): Promise<void> {
  for (const { name, statement } of readIndexes(folder)) {
    const { rows } = await client.query('select from pg_index where indexrelid = to_regclass($1) and not indisvalid', [name]);
    if (rows.length > 0) await client.query(`drop index concurrently if exists ${name}`);
    await client.query(statement);
  }
}

function readIndexes(folder: string): { name: string; statement: string }[] {
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.sql')) : [];
  return files.sort().map((file) => {
    const statement = readFileSync(path.join(folder, file), 'utf8')
      .replace(/^\s*--.*$/gm, '')
      .trim();
    const [, name] = STATEMENT.exec(statement) ?? [];
    if (!name) throw new Error(`${file} is not one "create index concurrently if not exists NAME on ...".`);
    return { name, statement };
  });
}
