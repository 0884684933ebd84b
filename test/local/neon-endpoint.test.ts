import { neon, neonConfig, Pool } from '@neondatabase/serverless';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { type NeonEndpoint, startNeonEndpoint } from '../../dev/neon-endpoint.ts';
import { type LocalPostgres, startPostgres } from '../../dev/postgres.ts';

let postgres: LocalPostgres;
let endpoint: NeonEndpoint;
let admin: pg.Client;

beforeAll(async () => {
  neonConfig.fetchEndpoint = (host, port) => `http://${host}:${port}/sql`;
  neonConfig.wsProxy = (host, port) => `${host}:${port}/v2`;
  neonConfig.useSecureWebSocket = false;
  neonConfig.pipelineTLS = false;
  neonConfig.pipelineConnect = false;
  postgres = await startPostgres();
  endpoint = await startNeonEndpoint({ postgresPort: postgres.port });
  admin = new pg.Client(postgres.url);
  await admin.connect();
  for (const name of ['shop', 'bank']) await admin.query(`create database ${name}`);
});

afterAll(async () => {
  await endpoint.stop();
  await admin.end();
  await postgres.stop();
});

beforeEach(async () => {
  const sql = neon(endpoint.url('shop'));
  await sql`drop table if exists notes`;
  await sql`create table notes (id bigint primary key, words text[], at timestamptz, what jsonb)`;
  endpoint.stats.reset();
});

async function withPool<T>(work: (pool: Pool) => Promise<T>): Promise<T> {
  const pool = new Pool({ connectionString: endpoint.url('shop'), max: 50 });
  pool.on('error', () => undefined);
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

const rejection = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('it was accepted'),
    (error: unknown) => error as Record<string, unknown>,
  );

it('answers the driver with PostgreSQL values: bigint as text, arrays, times, json, null', async () => {
  const sql = neon(endpoint.url('shop'));
  const at = new Date('2026-11-21T09:00:00Z');
  await sql`insert into notes values (${9007199254740993n.toString()}, ${['a,b', '"c"', '']}, ${at}, ${JSON.stringify({ paid: true })}), (2, null, null, null)`;
  expect(await sql`select * from notes order by id desc`).toEqual([
    { id: '9007199254740993', words: ['a,b', '"c"', ''], at, what: { paid: true } },
    { id: '2', words: null, at: null, what: null },
  ]);
  expect(await sql.query('select 1 as same, 2 as same', [], { arrayMode: true })).toEqual([[1, 2]]);
  expect(await sql.query('select 7 as n', [], { fullResults: true })).toMatchObject({
    command: 'SELECT',
    rowCount: 1,
    fields: [{ name: 'n', dataTypeID: 23 }],
  });
});

it('runs a batch as one transaction in one request', async () => {
  const sql = neon(endpoint.url('shop'));
  const [inserted, ids] = await sql.transaction([
    sql`insert into notes (id) values (1) returning id`,
    sql`select txid_current() as a, count(*) as n from notes`,
  ]);
  expect([inserted, ids]).toEqual([[{ id: '1' }], [{ a: expect.any(String), n: '1' }]]);
  expect(endpoint.stats.of('shop')).toEqual({ http: 1, ws: 0, connections: 0, statements: 2 });
});

it('leaves nothing of a batch that fails', async () => {
  const sql = neon(endpoint.url('shop'));
  const error = await rejection(sql.transaction([sql`insert into notes (id) values (1)`, sql`insert into notes (id) values (1)`]));
  expect(error).toMatchObject({ code: '23505' });
  expect(await sql`select * from notes`).toEqual([]);
});

it('obeys the isolation, read-only and deferrable wishes of a batch', async () => {
  const sql = neon(endpoint.url('shop'));
  const wishes = { isolationLevel: 'Serializable', readOnly: true, deferrable: true } as const;
  const [granted] = await sql.transaction(
    [
      sql`select current_setting('transaction_isolation') as i, current_setting('transaction_read_only') as r, current_setting('transaction_deferrable') as d`,
    ],
    wishes,
  );
  expect(granted).toEqual([{ i: 'serializable', r: 'on', d: 'on' }]);
  expect(await rejection(sql.transaction([sql`insert into notes (id) values (1)`], wishes))).toMatchObject({ code: '25006' });
});

it('runs interactive transactions over WebSocket, and rolls them back', async () => {
  await withPool(async (pool) => {
    const client = await pool.connect();
    await client.query('begin');
    const { rows } = await client.query('insert into notes (id) values ($1) returning id', ['7']);
    expect(rows).toEqual([{ id: '7' }]);
    await client.query('rollback');
    client.release();
    expect((await pool.query('select * from notes')).rows).toEqual([]);
  });
  expect(endpoint.stats.of('shop')).toEqual({ http: 0, ws: 5, connections: 1, statements: 4 });
});

it('tells every detail of an error over HTTP as over WebSocket', async () => {
  const sql = neon(endpoint.url('shop'));
  await sql`insert into notes (id) values (1)`;
  const expected = {
    message: 'duplicate key value violates unique constraint "notes_pkey"',
    severity: 'ERROR',
    code: '23505',
    detail: 'Key (id)=(1) already exists.',
    schema: 'public',
    table: 'notes',
    constraint: 'notes_pkey',
    routine: '_bt_check_unique',
  };
  expect(await rejection(sql`insert into notes (id) values (1)`)).toMatchObject({ name: 'NeonDbError', ...expected });
  await withPool(async (pool) => expect(await rejection(pool.query('insert into notes (id) values (1)'))).toMatchObject(expected));
  expect(await rejection(sql`select * from nowhere`)).toMatchObject({ code: '42P01', position: '15' });
  expect(await rejection(neon(endpoint.url('missing'))`select 1`)).toMatchObject({ code: '3D000' });
});

it('refuses two statements in one string, as Neon does', async () => {
  expect(await rejection(neon(endpoint.url('shop')).query('select 1; select 2'))).toMatchObject({ code: '42601' });
});

it.each(['set statement_timeout = 12345', 'begin'])('carries nothing of "%s" from one request to the next', async (statement) => {
  const sql = neon(endpoint.url('shop'));
  await sql.query(statement);
  await sql`insert into notes (id) values (3)`;
  const seen = await Promise.all(
    Array.from({ length: 20 }, () => sql`select current_setting('statement_timeout') as timeout, count(*) as notes from notes`),
  );
  for (const rows of seen) expect(rows).toEqual([{ timeout: '0', notes: '1' }]);
});

it('serves 50 at once over HTTP and 50 over WebSocket', async () => {
  const sql = neon(endpoint.url('shop'));
  const ids = Array.from({ length: 50 }, (_, index) => index);
  await Promise.all(ids.map((id) => sql`insert into notes (id) values (${id})`));
  await withPool((pool) => Promise.all(ids.map((id) => pool.query('update notes set words = $2 where id = $1', [id, ['seen']]))));
  expect(await sql`select count(*) as n from notes where words = '{seen}'`).toEqual([{ n: '50' }]);
  expect(endpoint.stats.of('shop')).toMatchObject({ http: 51, connections: 50, statements: 101 });
});

it('goes to the database that the connection string names, and counts it apart', async () => {
  expect(await neon(endpoint.url('bank'))`select current_database() as name`).toEqual([{ name: 'bank' }]);
  await neon(endpoint.url('shop'))`select 1`;
  expect(endpoint.stats.of('bank').http).toBe(1);
  expect(endpoint.stats.http).toBe(2);
  const remote = await fetch(`http://127.0.0.1:${endpoint.port}/stats?database=bank`);
  expect(await remote.json()).toEqual({ http: 1, ws: 0, connections: 0, statements: 1 });
  await fetch(`http://127.0.0.1:${endpoint.port}/stats/reset?database=bank`, { method: 'POST' });
  expect(endpoint.stats.of('bank').http).toBe(0);
  expect(endpoint.stats.of('shop').http).toBe(1);
});

it('cuts what is open when the database "restarts", and serves the next request at once', async () => {
  const sql = neon(endpoint.url('shop'));
  await withPool(async (pool) => {
    const client = await pool.connect();
    const broken = new Promise((resolve) => client.on('error', resolve));
    const waiting = rejection(sql`select pg_sleep(20)`);
    await expect
      .poll(async () => (await admin.query("select 1 from pg_stat_activity where query like 'select pg_sleep%'")).rowCount)
      .toBe(1);
    await endpoint.dropConnections('shop');
    expect(await waiting).toMatchObject({ code: '57P01' });
    await broken;
    client.release(true);
    expect(await sql`select 1 as one`).toEqual([{ one: 1 }]);
    expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
  });
});

it('puts the database at a distance: each round trip takes the delay', async () => {
  const far = await startNeonEndpoint({ postgresPort: postgres.port, delayMs: 60 });
  try {
    const started = performance.now();
    await neon(far.url('shop'))`select 1`;
    expect(performance.now() - started).toBeGreaterThanOrEqual(58);
    const pool = new Pool({ connectionString: far.url('shop') });
    pool.on('error', () => undefined);
    const client = await pool.connect();
    const again = performance.now();
    await client.query('select 1');
    expect(performance.now() - again).toBeGreaterThanOrEqual(58);
    client.release();
    await pool.end();
  } finally {
    await far.stop();
  }
});
