import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type pg from 'pg';
import { type CopyStreamQuery, from as copyFrom } from 'pg-copy-streams';
import { forgetCheckpoints } from '#books/ledger/forget-checkpoints.ts';
import { forgetCounts } from '#desk/reports/forget-counts.ts';
import { detach } from '#ground/db/detached.ts';
import type { Lock } from './backup-key.ts';
import { copyText, listTables, quote, type Table } from './catalogue.ts';
import { eachRecord } from './read-backup.ts';
import type { Head, Manifest } from './records.ts';

const FOUND = `
  select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and n.nspname not like 'pg_temp%' and n.nspname not like 'pg_toast%' and c.relkind in ('r', 'p', 'v', 'm', 'S', 'f')
  and not exists (select from pg_depend d where d.objid = c.oid and d.deptype = 'e') limit 3`;

/** Throws where a database has anything in it, even a table without rows. */
export async function requireEmpty(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(FOUND);
  if (rows.length > 0)
    throw new Error(
      `The database that --into names is not empty (it has ${rows.map(({ name }) => name).join(', ')}): nothing was changed. Make a new one.`,
    );
}

/**
 * Fills a database that has the backup's schema, in one transaction: all of it, or nothing. Rows are checked by every constraint and reference; what triggers would do at
 * a change was done when they were written. In the same transaction it becomes a copy: it never acts before a person claims it.
 */
export async function loadBackup(
  client: pg.Client,
  file: string,
  lock: Lock,
  kept: { head: Head; manifest: Manifest },
  now: Date,
): Promise<void> {
  const tables = await listTables(client);
  const missing = kept.manifest.tables.filter(({ table }) => !tables.some(({ name }) => name === table));
  if (missing.length > 0)
    throw new Error(`The backup has tables that its migration does not make: ${missing.map(({ table }) => table).join(', ')}.`);
  await client.query('begin');
  for (const { name } of tables) await client.query(`alter table ${quote(name)} disable trigger user`);
  await client.query(`truncate ${tables.map(({ name }) => quote(name)).join(', ')}`); // what the migrations put there is in the backup too
  await copyIn(client, file, lock);
  for (const { name, value, isCalled } of kept.manifest.sequences)
    await client.query('select setval($1::regclass, $2::bigint, $3)', [quote(name), value, isCalled]);
  await requireCounts(client, kept.manifest);
  await forgetCheckpoints(client);
  await forgetCounts(client);
  await detach(client, { asOf: new Date(kept.head.madeAt), now });
  for (const { name } of tables) await client.query(`alter table ${quote(name)} enable trigger user`);
  await client.query('commit');
  await client.query('analyze');
}

async function copyIn(client: pg.Client, file: string, lock: Lock): Promise<void> {
  let copying: CopyStreamQuery | undefined;
  const end = async () => {
    copying?.end();
    if (copying) await finished(copying);
    copying = undefined;
  };
  await eachRecord(file, lock, async (record) => {
    if ('table' in record) {
      await end();
      const table: Table = { name: record.table.table, columns: record.table.columns };
      copying = client.query(copyFrom(copyText(table, 'from stdin')));
      copying.on('error', () => undefined); // the next write or the end throws it
    }
    if ('rows' in record && copying && !copying.write(record.rows)) await Promise.race([once(copying, 'drain'), finished(copying)]);
  });
  await end();
}

async function requireCounts(client: pg.Client, { tables }: Manifest): Promise<void> {
  for (const { table, rows: expected } of tables) {
    const { rows } = await client.query<{ n: string }>(`select count(*)::text as n from ${quote(table)}`);
    if (Number(rows[0]?.n) !== expected) throw new Error(`${table} has ${rows[0]?.n} rows, and the backup says ${expected}.`);
  }
}
