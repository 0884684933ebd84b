import { neon, neonConfig, Pool, type PoolClient } from '@neondatabase/serverless';
import { drizzle as drizzleHttp } from 'drizzle-orm/neon-http';
import { drizzle as drizzleSocket } from 'drizzle-orm/neon-serverless';
import { keepAliveFetch } from './keep-alive-fetch.ts';
import type { Db } from './types.ts';

const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Opens the database: Neon over HTTP for single statements and batches, over a WebSocket pool inside `transaction`. One driver everywhere:
 * a connection string that names a local host is taken to name a Neon-compatible endpoint there.
 */
export function connect(url: string, onBrokenConnection: (error: Error) => void = () => {}): Db {
  useLocalEndpointFor(url);
  neonConfig.fetchFunction = keepAliveFetch;
  const client = neon(url);
  const http = drizzleHttp({ client });
  let pool: Pool | undefined;
  const open = () => {
    pool = new Pool({ connectionString: url, max: 4, idleTimeoutMillis: 10_000, connectionTimeoutMillis: 10_000 });
    pool.on('error', onBrokenConnection); // an idle connection that breaks must not end the process
    pool.on('connect', (client: PoolClient) => client.on('error', onBrokenConnection)); // nor one that breaks at work
    return pool;
  };
  const db = {
    query: (text: string, params: unknown[]) => client.query(text, params),
    batch: http.batch.bind(http),
    execute: http.execute.bind(http),
    select: http.select.bind(http),
    insert: http.insert.bind(http),
    update: http.update.bind(http),
    delete: http.delete.bind(http),
    transaction: async <T>(work: Parameters<Db['transaction']>[0]) => {
      const connection = await (pool ?? open()).connect();
      let isSpent = true; // a connection on which something failed may be broken: the next caller gets a new one
      try {
        const result = (await drizzleSocket({ client: connection }).transaction(work)) as T;
        isSpent = false;
        return result;
      } finally {
        connection.release(isSpent);
      }
    },
    close: async () => pool?.end(),
  };
  return db as unknown as Db;
}

/** Points the driver at the Neon-compatible endpoint that a local connection string names; leaves it alone for any other host. */
export function useLocalEndpointFor(url: string): void {
  if (!LOCAL_HOSTS.has(new URL(url).hostname)) return;
  neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;
  neonConfig.wsProxy = (host, port) => `${host}:${port}/v2`;
  neonConfig.useSecureWebSocket = false;
  neonConfig.pipelineTLS = false;
  neonConfig.pipelineConnect = false;
}
