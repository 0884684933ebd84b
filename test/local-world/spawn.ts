import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = new URL('../../', import.meta.url).pathname;
const PATIENCE_MS = 80_000;

export type Started = {
  child: ChildProcess;
  /** What it said until it ran. */
  said: string;
  shopUrl: string;
  simulatorUrl: string;
  inboxUrl: string;
  operatorKey: string;
  databaseUrl: string;
  smsUrl: string;
  /** The phone with which the treasurer signs in. */
  treasurerPhone: string;
  /** The process and all that it has started. */
  family: number[];
};

/** Runs a command of the project to its end. No variable of this process's configuration comes along. */
export async function runCommand(file: string, args: string[] = [], environment: Record<string, string> = {}) {
  const child = launch(file, args, environment);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  return { code: code as number, stdout, stderr };
}

/** Starts the local world as `npm start` does, and reads off its words where everything is. */
export async function startWorld(dir: string, args: string[] = [], environment: Record<string, string> = {}): Promise<Started> {
  const child = launch('dev/start.ts', ['--dir', dir, '--every', '1', ...args], environment);
  let said = '';
  child.stderr.on('data', (piece) => (said += piece));
  child.stdout.on('data', (piece) => (said += piece));
  await waitUntil(() => said.includes('Ctrl-C') || child.exitCode !== null);
  if (!said.includes('Ctrl-C')) {
    child.kill('SIGKILL'); // else it would tick beside all later tests
    throw new Error(`The local world did not start: ${said}`);
  }
  const found = (pattern: RegExp) => pattern.exec(said)?.[1] ?? '';
  return {
    child,
    said,
    shopUrl: found(/Shop\s+(http:\S+)\//),
    simulatorUrl: found(/Handset\s+(http:\S+)\/handset/),
    inboxUrl: found(/Inbox\s+(http:\S+)\//),
    operatorKey: found(/Bearer (mlp_\S+)/),
    databaseUrl: found(/Database\s+(postgres:\S+)/),
    smsUrl: found(/SMS\s+(http:\S+)\//),
    treasurerPhone: found(/(07[\d ]+\d)\s+[^\n]*, treasurer/),
    family: await familyOf(child.pid ?? 0),
  };
}

/** Ends a started world with a signal, and returns its exit code. */
export async function end({ child }: Started, signal: NodeJS.Signals): Promise<number | null> {
  const exited = once(child, 'exit');
  child.kill(signal);
  const [code] = await exited;
  return code as number | null;
}

/** Those of the processes that still live after a moment. */
export async function survivors(family: number[]): Promise<number[]> {
  let alive = family;
  await waitUntil(async () => {
    const living = new Set((await processes()).map(({ pid }) => pid));
    alive = alive.filter((pid) => living.has(pid));
    return alive.length === 0;
  }, 8_000);
  return alive;
}

/** Waits until it is true, or until patience ends. */
export async function waitUntil(isTrue: () => boolean | Promise<boolean>, patienceMs = PATIENCE_MS): Promise<void> {
  const deadline = Date.now() + patienceMs;
  while (!(await isTrue()) && Date.now() < deadline) await sleep(50);
}

function launch(file: string, args: string[], environment: Record<string, string>) {
  const { PATH, HOME, TMPDIR } = process.env;
  const env = { ...(PATH && { PATH }), ...(HOME && { HOME }), ...(TMPDIR && { TMPDIR }), ...environment };
  return spawn(process.execPath, [file, ...args], { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function familyOf(pid: number): Promise<number[]> {
  const all = await processes();
  const family = [pid];
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member).map((child) => child.pid));
  return family;
}

async function processes(): Promise<{ pid: number; parent: number }[]> {
  const { stdout } = await run('ps', ['-eo', 'pid=,ppid=,stat=']);
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/));
  return rows.filter(([, , state]) => !state?.startsWith('Z')).map(([pid, parent]) => ({ pid: Number(pid), parent: Number(parent) }));
}
