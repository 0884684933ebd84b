import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { fillColumns } from '#ground/db/fill-columns.ts';
import { migrate } from '#ground/db/migrate.ts';

/* Rows from before 0039 are filled, cut off and filled again while writers of both releases change them by either name, several in a transaction, and look at the other name. */

const ROWS = 400;
const STATES = ['pending', 'unknown', 'paid', 'failed', 'expired', 'reversed', 'refunded'];
const postgres = (database: string) => `postgres://postgres@127.0.0.1:${inject('postgresPort')}/${database}`;
const folder = mkdtempSync(path.join(tmpdir(), 'malipo-fill-'));
const name = `malipo_${randomBytes(6).toString('hex')}`;
const url = `postgres://postgres@127.0.0.1:${inject('neonPort')}/${name}`;
const idOf = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
let admin: pg.Client;
let db: pg.Client;

beforeAll(async () => {
  const older = path.join(folder, 'older');
  cpSync('drizzle', older, { recursive: true });
  for (const each of ['fill', 'concurrently']) rmSync(path.join(older, each), { recursive: true });
  const file = path.join(older, 'meta/_journal.json');
  const journal = JSON.parse(readFileSync(file, 'utf8'));
  writeFileSync(file, JSON.stringify({ ...journal, entries: journal.entries.filter(({ tag }: { tag: string }) => tag < '0039') }));
  const unfilled = path.join(folder, 'unfilled');
  cpSync('drizzle', unfilled, { recursive: true });
  rmSync(path.join(unfilled, 'fill'), { recursive: true });
  admin = new pg.Client(postgres('postgres'));
  await admin.connect();
  await admin.query(`create database ${name}`);
  await migrate(url, { folder: older });
  db = await open();
  await db.query(`
    insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, status, created_at)
    select i.id, 'R' || n, 'order', 'public', '[]', 'en', 'x', 'h' || n, 100, 100, (array['paid', 'failed', 'expired', 'refunded', 'pending'])[1 + n % 5], now()
    from generate_series(1, ${ROWS}) n, lateral (select ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid) i (id)`);
  await migrate(url, { folder: unfilled }).catch(() => undefined);
});
afterAll(async () => {
  await db.end();
  await admin.query(`drop database ${name} with (force)`);
  await admin.end();
  rmSync(folder, { recursive: true, force: true });
});

async function open(): Promise<pg.Client> {
  const client = new pg.Client(postgres(name));
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const some = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)] as T;

test('both names agree for every row, whoever wrote it and whenever it was filled, and nobody is deadlocked', async () => {
  const unfilled = Number((await db.query('select count(*) from payments where state is null')).rows[0].count);
  expect(unfilled).toBe(ROWS);
  let over = false;
  const failures: string[] = [];
  const last = new Map<string, string>(); // what was committed last, by the writer who alone writes these rows' column
  const writer = async (of: number) => {
    const client = await open();
    while (!over) {
      const ids = [...new Set(Array.from({ length: 5 }, () => 1 + of + 6 * Math.floor((Math.random() * (ROWS - 6)) / 6)))]
        .sort((a, b) => a - b)
        .map(idOf);
      try {
        await client.query('begin');
        const meant = new Map<string, string>();
        for (const id of ids) {
          const [column, other] = [...(Math.random() < 0.5 ? ['state', 'status'] : ['status', 'state'])] as [string, string];
          const {
            rows: [was],
          } = await client.query('select status from payments where id = $1 for update', [id]);
          const to = some(STATES.filter((state) => state !== was.status)); // the same one: the test below
          const { rowCount } = await client.query(
            Math.random() < 0.5
              ? { text: `update payments set ${column} = $2 where id = $1`, values: [id, to] }
              : {
                  text: `update payments set ${column} = $2 where id = $1 and coalesce(${other}, status) = $3`,
                  values: [id, to, was.status],
                },
          );
          if (rowCount !== 1) failures.push(`${column} of ${id} was not changed`);
          meant.set(id, to);
          if (Math.random() < 0.3) await client.query(`update payments set failure_code = 'x' where id = $1`, [id]);
        }
        if (Math.random() < 0.8) {
          await client.query('commit');
          for (const [id, to] of meant) last.set(id, to);
        } else await client.query('rollback');
      } catch (error) {
        failures.push(String((error as Error).message));
        await client.query('rollback');
      }
    }
    await client.end();
  };
  const reader = async () => {
    const client = await open();
    while (!over) {
      const { rows } = await client.query(
        `select id from payments where state is not null and (state <> status or rare_state is distinct from rare_status or rare_state is distinct from case when state in ('expired', 'reversed', 'refunded') then state end)`,
      );
      if (rows.length > 0) failures.push(`diverged: ${JSON.stringify(rows)}`);
    }
    await client.end();
  };
  const busy = [...[0, 1, 2, 3, 4, 5].map(writer), reader()];
  for (let round = 0; round < 4; round++) {
    const filler = await open();
    const pid = (await filler.query('select pg_backend_pid() as pid')).rows[0].pid;
    const filling = fillColumns(filler as never, 'drizzle/fill', 7).catch((error: Error) => error.message);
    if (round < 3) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      await admin.query('select pg_terminate_backend($1)', [pid]);
    }
    const end = await filling;
    if (round === 3) expect(end).toBeUndefined();
    await filler.end().catch(() => undefined);
  }
  over = true;
  await Promise.all(busy);
  expect([...new Set(failures)]).toEqual([]);
  await migrate(url);
  const { rows } = await db.query('select id, state, status, rare_state, rare_status from payments');
  for (const row of rows) {
    expect(row.state).toBe(row.status);
    const rare = ['expired', 'reversed', 'refunded'].includes(row.state) ? row.state : null;
    expect([row.rare_state, row.rare_status]).toEqual([rare, rare]);
    if (last.has(row.id)) expect([row.id, row.state]).toEqual([row.id, last.get(row.id)]);
  }
  expect(last.size).toBeGreaterThan(50);
});

test('a row from before that is given the state it has keeps the copy of its rare state', async () => {
  const id = idOf(9_999);
  await db.query('alter table payments disable trigger payments_state');
  await db.query('alter table payments drop constraint payments_state');
  await db.query(`insert into payments (id, reference, purpose, caller, lines, language, phone, phone_hash, owed_cents, amount_cents, status, rare_status, created_at)
    values ('${id}', 'R9999', 'order', 'public', '[]', 'en', 'x', 'h', 100, 100, 'refunded', 'refunded', now())`); // as 0038 left it
  await db.query(
    `alter table payments add constraint payments_state check (state is not null and state in (${STATES.map((state) => `'${state}'`).join(', ')})) not valid`,
  );
  await db.query('alter table payments enable trigger payments_state');
  await db.query("update payments set state = 'refunded' where id = $1", [id]); // markGivenBackSql of this release, of a second part
  await migrate(url);
  const { rows } = await db.query('select state, status, rare_state, rare_status from payments where id = $1', [id]);
  expect(rows).toEqual([{ state: 'refunded', status: 'refunded', rare_state: 'refunded', rare_status: 'refunded' }]);
});
