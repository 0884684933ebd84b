import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterEach, expect, it, vi } from 'vitest';
import { startPostgres } from '../../dev/postgres.ts';

const undo: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function start(options: Parameters<typeof startPostgres>[0] = {}) {
  const server = await startPostgres(options);
  undo.push(() => server.stop());
  return server;
}

function privateFolder() {
  const folder = mkdtempSync(path.join(tmpdir(), 'malipo-test-'));
  chmodSync(folder, 0o700);
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  return path.join(folder, 'data');
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

const launcher = new URL('../../dev/postgres.ts', import.meta.url).pathname;

/** Starts PostgreSQL from a process of its own, so that the process can be killed. */
async function startElsewhere(dir?: string) {
  const script = `import { startPostgres } from ${JSON.stringify(launcher)};
    const { url } = await startPostgres(${JSON.stringify({ dir })}); console.log(url); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  undo.push(() => void child.kill('SIGKILL'));
  const [url] = await once(child.stdout, 'data');
  return { child, url: String(url).trim() };
}

function isMadeBy(folder: string, pid: number | undefined) {
  return path.basename(folder).startsWith('malipo-postgres-run-') && readFileSync(path.join(folder, 'pid'), 'utf8') === String(pid);
}

async function refusesConnections(url: string) {
  for (let tries = 0; tries < 50; tries++) {
    const answered = await query(url, 'select 1').then(
      () => true,
      () => false,
    );
    if (!answered) return true;
    await sleep(100);
  }
  return false;
}

it('keeps the data of a folder only root or its owner can enter, and gives it to nobody else', async () => {
  const dir = privateFolder();
  const first = await startPostgres({ dir, durable: true });
  await query(first.url, "create table kept as select 'money' as what");
  await first.stop();
  const again = await start({ dir, durable: true });
  expect(await query(again.url, 'select what from kept')).toEqual([{ what: 'money' }]);
  expect(statSync(dir).mode & 0o077).toBe(0);
});

it('forces commits to disk only when durable', async () => {
  const forgetful = await start();
  const durable = await start({ dir: privateFolder(), durable: true });
  expect(await query(forgetful.url, 'show fsync')).toEqual([{ fsync: 'off' }]);
  expect(await query(durable.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
  expect(await query(durable.url, 'show synchronous_commit')).toEqual([{ synchronous_commit: 'on' }]);
});

it('speaks UTC and folds the case of letters beyond ASCII, as Neon does', async () => {
  const { url } = await start();
  expect(await query(url, "select lower('ŨHURŨ') as folded, current_setting('timezone') as zone")).toEqual([
    { folded: 'ũhurũ', zone: 'UTC' },
  ]);
});

it('ends with the process that started it, even when that is killed', async () => {
  const { child, url } = await startElsewhere();
  expect(await query(url, 'select 1 as one')).toEqual([{ one: 1 }]);
  child.kill('SIGKILL');
  expect(await refusesConnections(url)).toBe(true);
});

it('removes its temporary folder at stop, and those of killed runs at the next start', async () => {
  const { child, url } = await startElsewhere();
  const abandoned = String(
    readdirSync(tmpdir())
      .map((name) => path.join(tmpdir(), name))
      .find((folder) => isMadeBy(folder, child.pid)),
  );
  child.kill('SIGKILL');
  await refusesConnections(url);
  expect(existsSync(abandoned)).toBe(true);
  await (await startPostgres()).stop();
  expect(existsSync(abandoned)).toBe(false);
});

it('starts again after PostgreSQL itself was killed', async () => {
  const dir = privateFolder();
  const first = await start({ dir, durable: true });
  await query(first.url, 'create table survived (id int)');
  const pid = Number(readFileSync(path.join(dir, 'postmaster.pid'), 'utf8').split('\n')[0]);
  // a session that computes does not notice at once, and holds on to the shared memory
  const busy = query(first.url, 'select count(*) from generate_series(1, 6000000)').catch(() => undefined);
  await sleep(200);
  process.kill(pid, 'SIGKILL');
  const again = await start({ dir, durable: true });
  await busy;
  expect(await query(again.url, 'select * from survived')).toEqual([]);
});

it("is not stopped by a stale lock whose process number has become another program's", async () => {
  const dir = privateFolder();
  await (await startPostgres({ dir })).stop();
  const { uid, gid } = statSync(dir);
  const account = process.getuid?.() === 0 ? { uid, gid } : {};
  const stranger = spawn('sleep', ['60'], { ...account, cwd: '/', stdio: 'ignore' });
  undo.push(() => void stranger.kill());
  writeFileSync(path.join(dir, 'postmaster.pid'), `${stranger.pid}\n${dir}\n1700000000\n5432\n\n127.0.0.1\n\nready\n`);
  const again = await start({ dir });
  expect(await query(again.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

it('says which process uses a folder that is already served', async () => {
  const dir = privateFolder();
  const first = await start({ dir });
  await expect(startPostgres({ dir })).rejects.toThrow(
    new RegExp(`is in use by a running PostgreSQL \\(process \\d+, port ${first.port}\\)`),
  );
});

it('says that a port is taken', async () => {
  const { port } = await start();
  await expect(startPostgres({ port })).rejects.toThrow(`Port ${port} is taken`);
});

it.runIf(process.getuid?.() === 0)('says whose a folder is when another user asks for it', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'malipo-test-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  const getuid = vi.spyOn(process, 'getuid').mockReturnValue(65534);
  undo.push(() => getuid.mockRestore());
  await expect(startPostgres({ dir })).rejects.toThrow(`${dir} belongs to another user (0)`);
});

it('leaves a folder alone that holds something else', async () => {
  const dir = privateFolder();
  await mkdir(dir);
  writeFileSync(path.join(dir, 'letter.txt'), 'dear');
  await expect(startPostgres({ dir })).rejects.toThrow('neither empty nor a PostgreSQL data folder');
  expect(existsSync(path.join(dir, 'letter.txt'))).toBe(true);
});
