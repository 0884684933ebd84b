import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, findBinaries } from './postgres-binaries.ts';
import { accountFor, copyFolder, dataArgument, makeTemporaryFolder, prepareFolder } from './postgres-folder.ts';

export type LocalPostgres = { url: string; port: number; stop(): Promise<void> };

/** Makes tests fast by giving up what only matters when the machine loses power. */
const FORGETFUL = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
// Errors of statements go to the application and are not logged: only the server's own messages are.
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'timezone=UTC', 'max_connections=200', 'log_min_messages=log'];

/** How long a start waits for what passes by itself: on a busy machine the sessions of a killed server take many seconds to end. */
const LONGEST_WAIT_MS = 30_000;

/** Runs PostgreSQL, and ends it once our end of the pipe closes: however we die, it does not outlive us. */
const WATCHED = 'exec 3<&0; "$@" 3<&- & server=$!; (cat <&3 >/dev/null; kill -INT $server 2>/dev/null) & wait $server';

/**
 * Starts a real PostgreSQL on 127.0.0.1 that ends with this process. With `dir` the data stays there, else it is removed at stop. With `like` it begins as a
 * copy of that folder, whose server has ended. `durable` keeps every commit through a power cut, `settings` are further settings of PostgreSQL. Throws when the
 * folder is in use or the port is taken.
 */
export async function startPostgres(
  options: { dir?: string; like?: string; durable?: boolean; port?: number; settings?: string[] } = {},
): Promise<LocalPostgres> {
  const { durable = false } = options;
  const temporary = options.dir === undefined ? await makeTemporaryFolder() : undefined;
  const dir = path.resolve(options.dir ?? path.join(String(temporary), 'data'));
  const account = await accountFor(dir);
  if (options.like !== undefined) await copyFolder(options.like, dir);
  await prepareFolder(dir, await findBinaries(account), account, durable);
  const { server, port } = await startServing(dir, account, [...(options.settings ?? []), ...(durable ? [] : FORGETFUL)], options.port);
  const exited = once(server, 'exit');
  const stop = async () => {
    server.ref();
    server.stdin?.end();
    if (server.exitCode === null && server.signalCode === null) await exited;
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  };
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, port, stop };
}

async function startServing(dir: string, account: Account, more: string[], fixedPort?: number) {
  const { postgres } = await findBinaries(account);
  const until = performance.now() + LONGEST_WAIT_MS;
  for (;;) {
    const port = fixedPort ?? (await freePort());
    const settings = [...SETTINGS, ...more];
    const args = ['-D', dataArgument(dir), '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
    const server = spawn('/bin/sh', ['-c', WATCHED, 'sh', postgres, ...args], {
      ...account,
      cwd: dir,
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true, // ctrl-C in the terminal must reach the application first
    });
    const refusal = await readiness(server);
    if (refusal === undefined) return { server, port };
    // Sessions of a PostgreSQL that was just killed need a moment to end; a free port may be taken between asking and binding.
    const passes = refusal.includes('still in use') || (fixedPort === undefined && refusal.includes('Address already in use'));
    if (!passes || performance.now() > until) throw new Error(explain(refusal, dir, port));
    await sleep(250);
  }
}

/** Resolves with nothing once connections are accepted, or with what PostgreSQL said when it gave up. */
function readiness(server: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let said = '';
    let isReady = false;
    server.on('error', reject);
    server.on('close', () => resolve(said || 'it ended without a word'));
    server.stderr?.on('data', (chunk: Buffer) => {
      if (isReady) return; // keep reading, or a full pipe would stop PostgreSQL
      said += chunk;
      if (!said.includes('database system is ready to accept connections')) return;
      isReady = true;
      for (const handle of [server.stderr, server.stdin]) (handle as { unref?: () => void }).unref?.();
      server.unref();
      resolve(undefined);
    });
  });
}

function explain(refusal: string, dir: string, port: number): string {
  if (refusal.includes('Address already in use')) return `Port ${port} is taken: stop what listens there, or choose another port.`;
  if (refusal.includes('incompatible with server'))
    return `${dir} was made by another version of PostgreSQL: remove it, or use that version.`;
  return `PostgreSQL did not start in ${dir}: ${refusal.trim()}`;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
