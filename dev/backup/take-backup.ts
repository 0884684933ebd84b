import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type pg from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { readEnvironment } from '#ground/db/claim-environment.ts';
import type { Lock } from './backup-key.ts';
import { copyText, listSequences, listTables, sumBalances, type Table } from './catalogue.ts';
import { tagOfLast } from './migrations.ts';
import { type Kept, type Manifest, type TableEnd, write } from './records.ts';
import { seal } from './sealed-file.ts';

/**
 * Writes all tables, as they are at one moment, into a new file: copied, compressed and encrypted as they come, so that it takes no more memory for a large database. Throws
 * where the file exists; one that could not be finished is removed.
 */
export async function takeBackup(client: pg.Client, file: string, lock: Lock, now: Date): Promise<Manifest> {
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true });
  await new Promise((opened, failed) => out.once('open', opened).once('error', failed)).catch((error) => {
    throw error.code === 'EEXIST' ? new Error(`${file} exists already: a backup replaces no other. Choose another name.`) : error;
  });
  const kept: { manifest?: Manifest } = {};
  try {
    await client.query('begin transaction isolation level repeatable read read only');
    await pipeline(records(client, now, kept), createGzip({ level: 6 }), (source: AsyncIterable<Buffer>) => seal(source, lock), out);
    await client.query('commit');
  } catch (error) {
    await rm(file, { force: true });
    throw error;
  }
  return kept.manifest as Manifest;
}

async function* records(client: pg.Client, now: Date, kept: { manifest?: Manifest }): AsyncGenerator<Buffer> {
  const environment = (await readEnvironment(client)) ?? null;
  yield write({ head: { format: 1, madeAt: now.toISOString(), migration: await tagOfLast(client), environment } });
  const tables: TableEnd[] = [];
  for (const table of await listTables(client)) {
    yield write({ table: { table: table.name, columns: table.columns } });
    tables.push(yield* rowsOf(client, table));
  }
  kept.manifest = { tables, sequences: await listSequences(client), balances: await sumBalances(client) };
  yield write({ manifest: kept.manifest });
}

async function* rowsOf(client: pg.Client, table: Table): AsyncGenerator<Buffer, TableEnd> {
  const stream = client.query(copyTo(copyText(table, 'to stdout')));
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const piece of stream) {
    const rows: Kept = { rows: piece as Buffer };
    hash.update(rows.rows);
    bytes += rows.rows.length;
    yield write(rows);
  }
  return { table: table.name, rows: stream.rowCount ?? 0, bytes, sha256: hash.digest('hex') };
}

/** What a person may write down of a file, to know it again. */
export async function checksumOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}
