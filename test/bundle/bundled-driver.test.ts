import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type * as client from '#ground/db/client.ts';
import type { Db } from '#ground/db/types.ts';
import { type FreshDatabase, freshDatabase } from '../world/database.ts';
import { loadBundled } from './small-bundles.ts';

let folder: string;
let database: FreshDatabase;
let db: Db;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'malipo-driver-test-'));
  database = await freshDatabase();
  const { connect } = await loadBundled<typeof client>('src/ground/db/client.ts', folder);
  db = connect(database.url);
  await database.sql('create table kept (id int primary key, bytes bytea not null)');
});

afterAll(async () => {
  await db.close();
  await database.drop();
  await rm(folder, { recursive: true, force: true });
});

const bytes = Buffer.from([0, 255, 1, 128, 10]);
const kept = async () =>
  (await database.sql<{ id: number; hex: string }>(`select id, encode(bytes, 'hex') as hex from kept order by id`)).map(({ hex }) => hex);

test('a bundled driver carries bytes over HTTP and over a WebSocket, there and back', async () => {
  await db.execute(sql`insert into kept values (1, ${bytes})`);
  await db.transaction((tx) => tx.execute(sql`insert into kept values (2, ${bytes})`));
  expect(await kept()).toEqual(['00ff01800a', '00ff01800a']);
  const overHttp = await db.execute(sql`select bytes from kept where id = 1`);
  const overSocket = await db.transaction((tx) => tx.execute(sql`select bytes from kept where id = 2`));
  for (const { rows } of [overHttp, overSocket]) expect(Buffer.from(rows[0]?.bytes as Uint8Array)).toEqual(bytes);
});

test('a bundled driver rolls back what throws', async () => {
  const before = await kept();
  const failing = db.transaction(async (tx) => {
    await tx.execute(sql`insert into kept values (3, ${bytes})`);
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await kept()).toEqual(before);
});

test('a bundled driver goes on after the database has cut its connections', async () => {
  const one = () => db.transaction((tx) => tx.execute(sql`select 1 as one`));
  await one();
  await database.dropConnections();
  await one().catch(() => undefined); // the connection at hand may be the broken one
  expect((await one()).rows).toEqual([{ one: 1 }]);
});

test.each(['scram-sha-256', 'md5', 'password'])(
  'a bundled driver signs in by %s over a WebSocket, and is refused with another password',
  async (method) => {
    const role = `who_${method.replace(/\W/g, '')}_${database.name}`;
    await requirePassword(role, method);
    const { connect } = await loadBundled<typeof client>('src/ground/db/client.ts', folder);
    const as = (password: string) => connect(database.url.replace('postgres@', `${role}:${password}@`));
    const [right, wrong] = [as('correct-horse'), as('wrong-horse')];
    const who = (at: Db) => at.transaction((tx) => tx.execute(sql`select current_user as who`));
    try {
      expect((await who(right)).rows).toEqual([{ who: role }]);
      await expect(who(wrong)).rejects.toThrow(/password authentication failed/);
    } finally {
      await Promise.all([right.close(), wrong.close()]);
      await database.sql(`drop role ${role}`);
    }
  },
);

/** Makes a role that this test's PostgreSQL lets in by this method only; everybody else comes in as before. */
async function requirePassword(role: string, method: string): Promise<void> {
  await database.sql(
    `set password_encryption = '${method === 'md5' ? 'md5' : 'scram-sha-256'}'; create role ${role} login password 'correct-horse'`,
  );
  const [rules] = await database.sql<{ before: string }>("select pg_read_file('pg_hba.conf') as before");
  const kept = (rules?.before ?? '').split('\n').filter((line) => /^(local|host) /.test(line));
  const lines = [`host all ${role} 127.0.0.1/32 ${method}`, ...kept].map((line) => `('${line}')`);
  await database.sql(`copy (values ${lines.join(', ')}) to '/proc/self/cwd/pg_hba.conf'`);
  await database.sql('select pg_reload_conf()');
  await expect.poll(() => database.sql('select from pg_hba_file_rules where user_name = $1 and error is null', [[role]])).toHaveLength(1);
}
