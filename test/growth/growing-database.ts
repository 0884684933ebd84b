import pg from 'pg';
import { migrate } from '#ground/db/migrate.ts';
import { startNeonEndpoint } from '../../dev/neon-endpoint.ts';
import { startPostgres } from '../../dev/postgres.ts';
import type { FreshDatabase } from '../world/database.ts';

/** One statement, as the code sent it or as a function of ours ran it: how many pages it touched, how many rows it gave or wrote, and how often it ran. */
export type Statement = { id: string; text: string; isNested: boolean; pages: number; rows: number; calls: number };

export type GrowingDatabase = FreshDatabase & {
  /** What ran since the last look, with its pages. */
  take(): Promise<Statement[]>;
};

/** A migrated database on a server of its own, which counts the pages that each statement touches. */
export async function growingDatabase(): Promise<GrowingDatabase> {
  const postgres = await startPostgres({
    settings: [
      'shared_preload_libraries=pg_stat_statements',
      'pg_stat_statements.track=all',
      'pg_stat_statements.max=20000',
      'autovacuum=off', // nothing else touches pages
      'shared_buffers=512MB',
      'maintenance_work_mem=256MB',
      'max_wal_size=8GB',
    ],
  });
  // one session, and it stays: a new one reads the catalogue and compiles first
  const endpoint = await startNeonEndpoint({ postgresPort: postgres.port, sessions: 1, idleMs: 600_000 });
  await migrate(endpoint.url('postgres'));
  const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
  pool.on('error', () => undefined);
  const sql: FreshDatabase['sql'] = async (text, params = []) => (await pool.query(text, params)).rows;
  await sql('create schema measuring; create extension pg_stat_statements schema measuring');
  const unused = () => Promise.reject(new Error('Nobody counts round trips here.'));
  return {
    ...{
      name: 'postgres',
      url: endpoint.url('postgres'),
      sql,
      roundTrips: unused,
      traffic: unused,
      resetRoundTrips: unused,
      dropConnections: unused,
    },
    async take() {
      const rows = await sql<{ id: string; text: string; nested: boolean; pages: string; rows: string; calls: string }>(`
        select queryid || case when toplevel then '' else '+' end as id, query as text, not toplevel as nested,
          sum(shared_blks_hit + shared_blks_read)::text as pages, sum(rows)::text as rows, sum(calls)::text as calls
        from measuring.pg_stat_statements where query not like '%pg_stat_statements%' group by 1, 2, 3`);
      await sql('select measuring.pg_stat_statements_reset()');
      return rows.map(({ pages, rows: given, calls, nested, ...row }) => ({
        ...row,
        isNested: nested,
        pages: Number(pages),
        rows: Number(given),
        calls: Number(calls),
      }));
    },
    async drop() {
      await pool.end();
      await endpoint.stop();
      await postgres.stop();
    },
  };
}
