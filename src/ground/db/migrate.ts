import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool, type PoolClient } from '@neondatabase/serverless';
import { drizzle } from 'drizzle-orm/neon-serverless';
import { migrate as runMigrations } from 'drizzle-orm/neon-serverless/migrator';
import { databaseUrl, mpesaEnvironment } from '../config/config.ts';
import { buildIndexes } from './build-indexes.ts';
import { claimEnvironment, type Owner, readEnvironment, refuseOther } from './claim-environment.ts';
import { useLocalEndpointFor } from './client.ts';
import { gaveUpWaiting, innermost, wasDeadlocked } from './errors.ts';
import { fillColumns } from './fill-columns.ts';
import { validateConstraints } from './validate-constraints.ts';

const FOLDER = fileURLToPath(new URL('../../../drizzle', import.meta.url));

/** The advisory lock of the session that migrates. */
const LOCK = 4_127_002;

/**
 * A migration that waits for a table's lock makes everybody else queue behind it, so it gives up after this long and tries again later. It also tries again
 * after a deadlock with a request.
 */
const LOCK_TIMEOUT_MS = 2_000;
const PAUSE_MS = 3_000;
const TRIES = 10;

/** How long to wait for another migration: indexes on large tables take minutes. */
const LONGEST_WAIT_MS = 20 * 60_000;
const LOOK_AGAIN_MS = 250;

export type MigrateOptions = {
  /** The M-PESA environment of the site: an empty database is claimed for it, one of the other environment is refused. */
  environment?: Owner['environment'] | undefined;
  folder?: string;
  lockTimeoutMs?: number;
  pauseMs?: number;
};

/**
 * Brings the database to the newest schema, in one transaction, builds the missing indexes of `concurrently`, fills new columns of older
 * rows as `fill` says, and validates new constraints. Safe to run again, and twice at once: one waits for the other. Returns the environment
 * that claimed the database, if any.
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<Owner['environment'] | undefined> {
  const { folder = FOLDER, environment } = options;
  const direct = directUrl(url); // a pooled host hands each transaction to another session, and the lock is the session's
  useLocalEndpointFor(direct);
  const pool = new Pool({ connectionString: direct, max: 1 });
  pool.on('error', () => {});
  try {
    const client = await pool.connect();
    client.on('error', () => {});
    try {
      await lock(client);
      const isNew = !(await exists(client, 'drizzle.__drizzle_migrations'));
      if (await exists(client, 'database_environment')) refuseOther(await readEnvironment(client), environment);
      await runPatiently(client, options);
      if (isNew && environment) await claimEnvironment(client, environment, new Date());
      await buildIndexes(client, path.join(folder, 'concurrently'));
      await fillColumns(client, path.join(folder, 'fill'));
      await validateConstraints(client);
      return await readEnvironment(client);
    } finally {
      client.release(true); // the lock goes with its session
    }
  } finally {
    await pool.end();
  }
}

/** The connection string without Neon's pooler (`-pooler` in the host), which keeps no session between transactions. */
export function directUrl(url: string): string {
  const direct = new URL(url);
  direct.hostname = direct.hostname.replace(/^([^.]+)-pooler\./, '$1.');
  return direct.href;
}

/** Polls for the lock: the other session's concurrent index builds would wait for a statement that blocks here. */
async function lock(client: PoolClient): Promise<void> {
  const giveUpAt = Date.now() + LONGEST_WAIT_MS;
  while (Date.now() < giveUpAt) {
    const { rows } = await client.query('select pg_try_advisory_lock($1::bigint) as mine', [LOCK]);
    if (rows[0].mine) return;
    await sleep(LOOK_AGAIN_MS);
  }
  throw new Error('Another migration has been running for 20 minutes: see what it waits for, then try again.');
}

async function runPatiently(client: PoolClient, options: MigrateOptions): Promise<void> {
  const { folder = FOLDER, lockTimeoutMs = LOCK_TIMEOUT_MS, pauseMs = PAUSE_MS } = options;
  await client.query(`set lock_timeout = ${lockTimeoutMs}`);
  for (let left = TRIES - 1; ; left--) {
    try {
      await runMigrations(drizzle({ client }), { migrationsFolder: folder });
      break;
    } catch (error) {
      if (left === 0 || !(gaveUpWaiting(error) || wasDeadlocked(error))) throw error;
      await sleep(pauseMs);
    }
  }
  await client.query('set lock_timeout = 0'); // a concurrent index build waits for others and blocks nobody
}

async function exists(client: PoolClient, table: string): Promise<boolean> {
  const { rows } = await client.query('select to_regclass($1) is not null as there', [table]);
  return rows[0].there;
}

if (import.meta.main) {
  try {
    const owner = await migrate(databaseUrl(), { environment: mpesaEnvironment() });
    console.log('The database has the newest schema.');
    console.log(owner ? `It belongs to ${owner}.` : 'It is not claimed for an M-PESA environment yet: `npm run claim -- --help`.');
  } catch (error) {
    const inner = innermost(error);
    console.error(`${inner instanceof Error ? inner.message : 'The database does not answer.'}\n\`npm run doctor\` says more.`);
    process.exitCode = 1;
  }
}
