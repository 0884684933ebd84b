import { createSecretKey, type KeyObject } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createApp, useApp } from '#app.ts';
import type { KeyRing } from '#ground/db/encryption.ts';
import { createLog } from '#ground/log.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { runBackup } from '../../dev/backup.ts';
import { runRestore } from '../../dev/restore.ts';
import type { FreshDatabase } from '../world/database.ts';
import { testKey, type World } from '../world/world.ts';

export const folder = (): string => mkdtempSync(path.join(tmpdir(), 'malipo-upkeep-'));

export const KEYS = { BACKUP_KEY: testKey('b'), ENCRYPTION_KEYS: `k1:${testKey('e')}`, LOOKUP_KEY: testKey('l') };

type Run = (
  argv: string[],
  from: NodeJS.ProcessEnv,
  output: { print(text: string): void; complain(text: string): void },
  now?: Date,
) => Promise<number>;

/** A command with what it said. */
export async function said(run: Run, argv: string[], from: NodeJS.ProcessEnv, now?: Date): Promise<{ code: number; text: string }> {
  const lines: string[] = [];
  const note = (text: string) => void lines.push(text);
  const code = await run(argv, from, { print: note, complain: note }, now);
  return { code, text: lines.join('\n') };
}

export const backUp = (url: string, file: string, more: string[] = [], keys: NodeJS.ProcessEnv = KEYS) =>
  said(runBackup, [file, ...more], { ...keys, DATABASE_URL: url });

export const restoreInto = (url: string, file: string, more = ['--last-invoice', 'none'], keys: NodeJS.ProcessEnv = KEYS, now?: Date) =>
  said(runRestore, [file, '--into', url, ...more], keys, now);

/** The application of a site whose keys are others, from now on asked by `world.send` and the clock. */
export function useKeys(world: World, keys: Partial<KeyRing>): App {
  const config = { ...world.app.config, keys: { ...world.app.config.keys, ...keys } };
  const app = createApp(config, { clock: world.clock, log: createLog((line) => world.logLines.push(line)) });
  useApp(app);
  return app;
}

export const secretKey = (letter: string): KeyObject => createSecretKey(Buffer.alloc(32, letter));

/** Every column of text whose values look like this, in all tables: `payments.phone`. */
export async function columnsLike(database: FreshDatabase, pattern: string): Promise<string[]> {
  const columns = await database.sql<{ table: string; column: string; type: string }>(
    `select c.table_name as table, c.column_name as column, c.data_type as type from information_schema.columns c join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.data_type in ('text', 'jsonb', 'ARRAY')`,
  );
  const found: string[] = [];
  for (const { table, column } of columns) {
    const [row] = await database.sql<{ is: boolean }>(`select exists (select from ${table} where ${column}::text ~ $1) as is`, [pattern]);
    if (row?.is) found.push(`${table}.${column}`);
  }
  return found.sort();
}
