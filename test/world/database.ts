import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import type { Counts } from '../../dev/neon-traffic.ts';
import { TEMPLATE } from './template.ts';

export type FreshDatabase = {
  name: string;
  /** What the application is given: it goes through the Neon-compatible endpoint. */
  url: string;
  /** What PostgreSQL says to a client of its own, past the application and past the counters. */
  sql<Row extends Record<string, unknown> = Record<string, unknown>>(text: string, params?: unknown[]): Promise<Row[]>;
  /** Requests over HTTP plus exchanges over WebSocket since the last reset; opening a WebSocket connection is exchanges too. */
  roundTrips(): Promise<number>;
  traffic(): Promise<Counts>;
  resetRoundTrips(): Promise<void>;
  /** Cuts every connection of the application, and `sql`'s too, as a restart of the database would. */
  dropConnections(): Promise<void>;
  drop(): Promise<void>;
};

/** A migrated, empty database of this test file's own. Drop it when done. */
export const freshDatabase = (): Promise<FreshDatabase> => makeDatabase(`template ${TEMPLATE}`);

/** One without any table. */
export const emptyDatabase = (): Promise<FreshDatabase> => makeDatabase('');

async function makeDatabase(like: string): Promise<FreshDatabase> {
  const postgresUrl = (database: string) => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;
  const endpoint = `127.0.0.1:${inject('neonPort')}`;
  const name = `malipo_${randomBytes(6).toString('hex')}`;
  await runOnce(postgresUrl('postgres'), `create database ${name} ${like}`);
  const pool = new pg.Pool({ connectionString: postgresUrl(name), max: 4 });
  pool.on('error', () => undefined); // dropConnections cuts these as well; the next query opens anew

  const ask = async (method: 'GET' | 'POST', path: string) => {
    const response = await fetch(`http://${endpoint}${path}?database=${name}`, { method });
    if (!response.ok) throw new Error(`The Neon endpoint answered ${response.status} to ${method} ${path}: ${await response.text()}`);
    return response.json();
  };
  const traffic = async () => (await ask('GET', '/stats')) as Counts;
  return {
    name,
    url: `postgres://postgres@${endpoint}/${name}`,
    sql: async (text, params = []) => (await pool.query(text, params)).rows,
    traffic,
    roundTrips: async () => {
      const { http, ws } = await traffic();
      return http + ws;
    },
    resetRoundTrips: async () => void (await ask('POST', '/stats/reset')),
    dropConnections: async () => void (await ask('POST', '/connections/drop')),
    drop: async () => {
      await pool.end();
      await runOnce(postgresUrl('postgres'), `drop database if exists ${name} with (force)`);
    },
  };
}

async function runOnce(url: string, text: string) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
