import { neon, Pool } from '@neondatabase/serverless';
import { sql } from 'drizzle-orm';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { repeated } from '#ground/db/call-function.ts';
import { connect } from '#ground/db/client.ts';
import { isWorthRepeating, violatedConstraint } from '#ground/db/errors.ts';
import type { Db } from '#ground/db/types.ts';
import { type NeonEndpoint, startNeonEndpoint } from '../../dev/neon-endpoint.ts';
import { describeSqlError } from '../../dev/neon-sql.ts';
import { type LocalPostgres, startPostgres } from '../../dev/postgres.ts';

let postgres: LocalPostgres;
let endpoint: NeonEndpoint;
let db: Db;
let watch: pg.Client; // what a transaction sees of the others stays as it was when it first looked

beforeAll(async () => {
  postgres = await startPostgres();
  endpoint = await startNeonEndpoint({ postgresPort: postgres.port });
  db = connect(endpoint.url('postgres'));
  watch = new pg.Client(postgres.url);
  watch.on('error', () => undefined);
  await watch.connect();
  await db.execute(sql`create table notes (id int primary key, words text not null)`);
  await db.execute(sql`insert into notes values (1, 'a'), (2, 'b')`);
});
afterAll(async () => {
  await db.close();
  await watch.end().catch(() => undefined);
  await endpoint.stop();
  await postgres.stop();
});

const failure = (work: PromiseLike<unknown>) =>
  Promise.resolve(work).then(
    () => expect.fail('it succeeded'),
    (error: unknown) => error,
  );
const innerCode = (error: unknown) => ((error as Error).cause as { code?: string })?.code;

test('too many requests at once are answered 429, and are worth repeating', async () => {
  endpoint.refuseRequests('postgres', 1);
  const error = await failure(neon(endpoint.url('postgres'))`select 1`);
  expect(error).toMatchObject({ message: expect.stringContaining('Server error (HTTP status 429)') });
  const response = await fetch(`http://127.0.0.1:${endpoint.port}/requests/refuse?database=postgres&times=1`, { method: 'POST' });
  expect(response.status).toBe(200);
  expect(isWorthRepeating(await failure(db.execute(sql`select 1`)))).toBe(true);
  await db.execute(sql`select 1`);
});

test.each(['over HTTP', 'in a transaction'])('a deadlock is answered as PostgreSQL says it, %s, and is worth repeating', async (way) => {
  const other = new pg.Client(postgres.url);
  await other.connect();
  await other.query("set deadlock_timeout = '30s'"); // who waits last looks first, and gives way
  await other.query("begin; update notes set words = 'x' where id = 2");
  const steps = [
    sql`select set_config('deadlock_timeout', '1ms', true)`,
    sql`update notes set words = 'y' where id = 1`,
    sql`select pg_sleep(1)`,
    sql`update notes set words = 'y' where id = 2`,
  ] as const;
  const losing = failure(
    way === 'over HTTP'
      ? db.batch([db.execute(steps[0]), db.execute(steps[1]), db.execute(steps[2]), db.execute(steps[3])])
      : db.transaction(async (tx) => {
          for (const step of steps) await tx.execute(step);
        }),
  );
  await expect.poll(async () => (await watch.query("select from pg_stat_activity where wait_event = 'PgSleep'")).rowCount).toBe(1);
  await other.query("update notes set words = 'x' where id = 1"); // closes the circle
  const error = await losing;
  expect((error as { code?: string }).code ?? innerCode(error)).toBe('40P01');
  expect(isWorthRepeating(error)).toBe(true);
  await other.end();
});

test('a serialization failure and a read-only server are answered as PostgreSQL says them, and are worth repeating', async () => {
  const client = neon(endpoint.url('postgres'));
  const other = new pg.Client(postgres.url);
  await other.connect();
  await other.query("begin; update notes set words = 'z' where id = 1");
  const losing = failure(
    client.transaction([client`select count(*) from notes`, client`update notes set words = 'w' where id = 1`], {
      isolationLevel: 'Serializable',
    }),
  );
  await expect.poll(async () => (await watch.query("select from pg_stat_activity where wait_event_type = 'Lock'")).rowCount).toBe(1);
  await other.query('commit');
  const serialization = await losing;
  await other.end();
  expect(serialization).toMatchObject({ code: '40001' });
  const readOnly = await failure(client.transaction([client`update notes set words = 'r'`], { readOnly: true }));
  expect(readOnly).toMatchObject({ code: '25006' });
  for (const error of [serialization, readOnly]) expect(isWorthRepeating(error)).toBe(true);
});

test('what is wrong with the statement itself is not worth repeating', async () => {
  for (const wrong of [sql`select * from nowhere`, sql`select 1 / 0`, sql`insert into notes values (1, null)`])
    expect(isWorthRepeating(await failure(db.execute(wrong)))).toBe(false);
  expect(isWorthRepeating(new TypeError('x is not a function'))).toBe(false);
});

test('a unique violation is told at once: repeating it would end the same', async () => {
  let tries = 0;
  const error = await failure(
    repeated(() => {
      tries += 1;
      return db.execute(sql`insert into notes values (1, 'again')`);
    }),
  );
  expect([violatedConstraint(error), tries]).toEqual(['notes_pkey', 1]);
});

test('a reset on the way to PostgreSQL is answered "error communicating with the server" with an empty code', () => {
  for (const code of ['ECONNRESET', 'EPIPE'])
    expect(describeSqlError(Object.assign(new Error(`write ${code}`), { code, syscall: 'write' }))).toEqual({
      status: 400,
      body: expect.objectContaining({ message: 'error communicating with the server', code: '', severity: null }),
    });
  expect(describeSqlError(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED', syscall: 'connect' })).status).toBe(500);
});

// last: it makes PostgreSQL start again
test('when the process behind a statement is killed, the answer is 400 with an empty code, and worth repeating', async () => {
  const raw = neon(endpoint.url('postgres'));
  const dying = failure(raw`select pg_sleep(20), 'dies' as words`);
  const wrapped = failure(db.execute(sql`select pg_sleep(20)`));
  const pool = new Pool({ connectionString: endpoint.url('postgres') });
  pool.on('error', () => undefined);
  let pid: number | undefined;
  await expect
    .poll(async () => {
      const { rows } = await pool.query("select pid from pg_stat_activity where query like '%dies%' and pid <> pg_backend_pid()");
      pid = rows[0]?.pid;
      return pid;
    })
    .toBeGreaterThan(0);
  process.kill(pid ?? 0, 'SIGKILL');
  const error = await dying;
  expect(error).toMatchObject({ name: 'NeonDbError', message: 'connection closed', code: '' });
  expect(isWorthRepeating(error)).toBe(true);
  expect(isWorthRepeating(await wrapped)).toBe(true);
  await pool.end().catch(() => undefined);
  await expect
    .poll(
      () =>
        db.execute(sql`select 1`).then(
          () => true,
          () => false,
        ),
      { timeout: 10_000 },
    )
    .toBe(true);
});
