import { neon, neonConfig, Pool, type PoolClient } from '@neondatabase/serverless';
import { drizzle as drizzleHttp } from 'drizzle-orm/neon-http';
import { drizzle as drizzleSocket } from 'drizzle-orm/neon-serverless';
import { type Owner, ownerQuery } from './claim-environment.ts';
import type { LookupProof } from './encryption.ts';
import { type Sending, sendSql, TIME_LIMITS, type TimeLimits } from './send-sql.ts';
import type { Db, Tx } from './types.ts';

const LOCAL_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** `environment` is the M-PESA environment of this site, `lookup` shows its look-up keys: a database that belongs to others refuses everything. */
export type ConnectOptions = { environment?: Owner['environment']; lookup?: LookupProof; limits?: Partial<TimeLimits> };

/**
 * Opens the database: Neon over HTTP for single statements and batches, over a WebSocket pool inside `transaction`, all within time limits.
 * The driver is the same everywhere: a local host in the connection string is a Neon-compatible endpoint.
 */
export function connect(
  url: string,
  onBrokenConnection: (error: Error) => void = () => {},
  { environment, lookup, limits: own }: ConnectOptions = {},
): Db {
  useLocalEndpointFor(url);
  const limits = { ...TIME_LIMITS, ...own };
  const owner: Owner | undefined = environment && { environment, lookup, isKnown: false };
  neonConfig.fetchFunction = sendSql;
  const sending: Sending = { limits, owner };
  const client = neon(url, { fetchOptions: { sending } });
  const http = drizzleHttp({ client });
  let pool: Pool | undefined;
  const open = () => {
    pool = new Pool({ connectionString: url, max: 4, idleTimeoutMillis: 10_000, connectionTimeoutMillis: limits.connectMs });
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
    transaction: async <T>(work: (tx: Tx) => Promise<T>) => {
      const connection = await (pool ?? open()).connect().catch(explain);
      let isSpent = true; // a connection on which something failed may be broken: the next caller gets a new one
      try {
        const result = await within(
          limits.transactionMs,
          drizzleSocket({ client: connection }).transaction(async (tx) => {
            if (owner && !owner.isKnown) await prove(connection, owner);
            return work(tx);
          }),
        );
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

async function prove(connection: PoolClient, owner: Owner): Promise<void> {
  const { query, params } = ownerQuery(owner);
  await connection.query(query, params);
  owner.isKnown = true;
}

/** A WebSocket that does not open raises an event without a message: this gives it one. */
function explain(error: unknown): never {
  if (error instanceof Error && (error.cause === undefined || error.cause instanceof Error)) throw error;
  throw new Error(`Error connecting to database: ${error instanceof Error ? error.message : 'the WebSocket did not open'}`);
}

/** Fails after `ms`. The connection is then closed, so that later statements of the work are refused. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`The transaction took more than ${ms} ms: timeout exceeded.`)), ms);
  try {
    return await Promise.race([work, promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // fails when the connection is gone and nobody listens any more
  }
}

/** Points the driver at the Neon-compatible endpoint of a local connection string; changes nothing for other hosts. */
export function useLocalEndpointFor(url: string): void {
  if (!LOCAL_HOSTS.has(new URL(url).hostname)) return;
  neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;
  neonConfig.wsProxy = (host, port) => `${host}:${port}/v2`;
  neonConfig.useSecureWebSocket = false;
  neonConfig.pipelineTLS = false;
  neonConfig.pipelineConnect = false;
}
