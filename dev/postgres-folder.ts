import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Account, type Binaries, unprivilegedAccount } from './postgres-binaries.ts';

const run = promisify(execFile);
const TEMPORARY = 'malipo-postgres-run-';

/** A process can always enter the folder it was started in, even below parents it may not enter (root's home). */
const OWN_FOLDER = '/proc/self/cwd';

/** What `-D` must say for a PostgreSQL that is started in this folder, so that the account reaches its data. */
export const dataArgument = (dir: string) => (process.platform === 'linux' ? OWN_FOLDER : dir);

/** Makes a throw-away data folder and removes those whose process has died. */
export async function makeTemporaryFolder(): Promise<string> {
  await removeLeftovers();
  const folder = await mkdtemp(path.join(tmpdir(), TEMPORARY));
  await writeFile(path.join(folder, 'pid'), String(process.pid));
  await chmod(folder, 0o755);
  return folder;
}

async function removeLeftovers(): Promise<void> {
  const names = await readdir(tmpdir());
  for (const name of names.filter((name) => name.startsWith(TEMPORARY))) {
    const folder = path.join(tmpdir(), name);
    const pid = Number(await readFile(path.join(folder, 'pid'), 'utf8').catch(() => ''));
    const made = await stat(folder).catch(() => undefined);
    // a folder without a number may be one that is being made this second
    const isAbandoned = made !== undefined && (pid > 0 ? !isAlive(pid) : Date.now() - made.mtimeMs > 60_000);
    // its PostgreSQL may still be writing while it stops
    if (isAbandoned) await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }).catch(() => undefined);
  }
}

/** The account that owns the data: a folder keeps the owner it got when it was made, whoever starts it later. */
export async function accountFor(dir: string): Promise<Account> {
  const existing = await stat(dir).catch(() => undefined);
  const me = process.getuid?.();
  if (existing !== undefined && me !== 0 && existing.uid !== me) {
    throw new Error(
      `${dir} belongs to another user (${existing.uid}), perhaps from a start as root: start as that user, or remove the folder.`,
    );
  }
  if (existing === undefined || existing.uid === me || !(await isInitialised(dir))) return unprivilegedAccount();
  return { uid: existing.uid, gid: existing.gid };
}

/** Copies a data folder with the owners of its files. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to]);
}

const isInitialised = (dir: string) => stat(path.join(dir, 'PG_VERSION')).then(Boolean, () => false);

/** Makes the data folder ready to be served: initialises it when it is new, and refuses one that a live server uses. */
export async function prepareFolder(dir: string, { initdb }: Binaries, account: Account, durable: boolean): Promise<void> {
  if (!(await isInitialised(dir))) await initialise(dir, initdb, account, durable);
  if (account.uid !== undefined && account.gid !== undefined) await chown(dir, account.uid, account.gid);
  await refuseServedFolder(dir);
}

// A folder that was cut off halfway must not pass for a database, so it gets its name only when it is complete.
async function initialise(dir: string, initdb: string, account: Account, durable: boolean): Promise<void> {
  const contents = await readdir(dir).catch(() => []);
  if (contents.length > 0) throw new Error(`${dir} is neither empty nor a PostgreSQL data folder: choose another one.`);
  const draft = `${dir}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  if (account.uid !== undefined && account.gid !== undefined) await chown(draft, account.uid, account.gid);
  const args = ['-D', dataArgument(draft), '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-instructions'];
  const { stdout: version } = await run(initdb, ['--version'], { ...account, cwd: '/' });
  // Neon's own locale; the built-in provider is the same on every machine, and older versions lack it
  if (Number(/\) (\d+)/.exec(version)?.[1]) >= 17) args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8');
  if (!durable) args.push('--no-sync');
  try {
    await run(initdb, args, { ...account, cwd: draft });
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const said = (error as { stderr?: string }).stderr || String(error);
    throw new Error(`PostgreSQL could not make its data folder ${dir}: ${said.trim()}`);
  }
  await rename(draft, dir);
}

// The watcher of a launcher that has just died needs a moment to end its PostgreSQL, hence the wait.
async function refuseServedFolder(dir: string, patienceMs = 3_000): Promise<void> {
  const lock = path.join(dir, 'postmaster.pid');
  const deadline = Date.now() + patienceMs;
  while (true) {
    const [pid, , , port] = (await readFile(lock, 'utf8').catch(() => '')).split('\n');
    if (!pid || !isAlive(Number(pid))) return;
    const serves = await servesFolder(Number(pid), dir);
    if (serves === undefined) return;
    // After a restart of the machine the number in the lock may be any other program's, and PostgreSQL would trust it.
    if (!serves) return rm(lock, { force: true });
    if (Date.now() > deadline) {
      throw new Error(
        `${dir} is in use by a running PostgreSQL (process ${pid}, port ${port}): stop that one first, or use another folder.`,
      );
    }
    await sleep(100);
  }
}

// undefined: another user's process, which we may not inspect and PostgreSQL does not mind
async function servesFolder(pid: number, dir: string): Promise<boolean | undefined> {
  const folder = await realpath(dir);
  if (process.platform === 'linux')
    return readlink(`/proc/${pid}/cwd`).then(
      (cwd) => cwd === folder,
      () => undefined,
    );
  return run('ps', ['-o', 'args=', '-p', String(pid)]).then(
    ({ stdout }) => stdout.includes(folder) || stdout.includes(dir),
    () => undefined,
  );
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
