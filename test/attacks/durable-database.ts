import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { migrate } from '#ground/db/migrate.ts';
import { startNeonEndpoint } from '../../dev/neon-endpoint.ts';
import { startPostgres } from '../../dev/postgres.ts';
import type { FreshDatabase } from '../world/database.ts';

const NAME = 'malipo';

export type DurableDatabase = FreshDatabase & {
  /** Kills PostgreSQL with all its processes, as a power cut would. */
  kill(): void;
  /** Starts it again on the same folder and port. */
  restart(): Promise<void>;
  /** The endpoint in front of it goes away, and comes back. */
  endpointDown(): Promise<void>;
  endpointUp(): Promise<void>;
};

/** A migrated PostgreSQL of this test's own that forces every commit to disk, and can be killed. */
export async function startDurableDatabase(): Promise<DurableDatabase> {
  const folder = mkdtempSync(path.join(tmpdir(), 'malipo-durable-'));
  chmodSync(folder, 0o755);
  const dir = path.join(folder, 'data');
  let postgres = await startPostgres({ dir, durable: true });
  const { port } = postgres;
  let endpoint = await startNeonEndpoint({ postgresPort: port });
  await createDatabase(postgres.url);
  const url = endpoint.url(NAME);
  await migrate(url);
  const pool = new pg.Pool({ connectionString: postgres.url.replace(/postgres$/, NAME), max: 2 });
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const sql: FreshDatabase['sql'] = async (text, params = []) => (await pool.query(text, params)).rows;
  let children = await readChildren(sql);

  return {
    name: NAME,
    url,
    sql,
    traffic: async () => endpoint.stats.of(NAME),
    roundTrips: async () => endpoint.stats.http + endpoint.stats.ws,
    resetRoundTrips: async () => endpoint.stats.reset(),
    dropConnections: () => endpoint.dropConnections(NAME),
    kill: () => {
      const postmaster = Number(readFileSync(path.join(dir, 'postmaster.pid'), 'utf8').split('\n')[0]);
      for (const pid of [postmaster, ...children]) killHard(pid); // sessions end when they miss the postmaster
    },
    restart: async () => {
      await postgres.stop();
      postgres = await startPostgres({ dir, durable: true, port });
      children = await readChildren(sql); // the old ones are gone, and their numbers may be somebody else's
    },
    endpointDown: () => endpoint.stop(),
    endpointUp: async () => {
      endpoint = await startNeonEndpoint({ postgresPort: port, port: endpoint.port });
    },
    drop: async () => {
      await pool.end();
      await endpoint.stop();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query(`create database ${NAME}`);
  await client.end();
}

/** Those that write to disk by themselves: they may not tidy up after the kill. */
async function readChildren(sql: FreshDatabase['sql']): Promise<number[]> {
  const rows = await sql<{ pid: number }>(
    "select pid from pg_stat_activity where backend_type in ('checkpointer', 'walwriter', 'background writer')",
  );
  return rows.map(({ pid }) => pid);
}

function killHard(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended by itself
  }
}
