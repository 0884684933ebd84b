import { fork } from 'node:child_process';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Report } from './artifact-process.ts';
import type { Probe } from './expect-function.ts';

/** Longer than any probe takes, retries to an absent database among them. */
const PATIENCE_MS = 60_000;

/**
 * Runs an artifact in a fresh process, with the sample environment and `more` only, and sends it the probes. `coldStartMs` is the time of its import and first
 * answer. Throws when it dies.
 */
export function runArtifact(
  folder: string,
  route: string | undefined,
  probes: Omit<Probe, 'status' | 'type' | 'says'>[],
  more: Record<string, string> = {},
): Promise<Report> {
  const program = path.join(import.meta.dirname, 'artifact-process.ts');
  const child = fork(program, [folder, route ?? '', JSON.stringify(probes)], {
    cwd: folder,
    env: { ...sampleEnvironment, ...more },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    timeout: PATIENCE_MS,
  });
  const said: string[] = [];
  child.stdout?.on('data', (chunk) => said.push(String(chunk)));
  child.stderr?.on('data', (chunk) => said.push(String(chunk)));
  return new Promise((resolve, reject) => {
    let report: Report | undefined;
    child.on('message', (message) => {
      report = message as Report;
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (report && code === 0) resolve(report);
      else reject(new Error(`${path.basename(folder)} ended with ${signal ?? code} before it answered:\n${said.join('').slice(-2_000)}`));
    });
  });
}

/** What is wrong with an artifact's answers, in words. */
export function wrongAnswers(name: string, probes: Probe[], { answers }: Report): string[] {
  return probes.flatMap(({ method, path: asked, status, type, says }, index) => {
    const answer = answers[index];
    const right = answer?.status === status && answer.type.startsWith(type) && says.test(answer.body);
    return right
      ? []
      : [`${name}: ${method} ${asked} should answer ${status} ${type} ${says}, and answered ${JSON.stringify(answer)?.slice(0, 400)}`];
  });
}

/** Milliseconds from nothing loaded to the first answer: the median of three fresh processes. */
export async function measureArtifact(folder: string, route: string | undefined, probe: Probe): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 3; run++) times.push((await runArtifact(folder, route, [probe])).coldStartMs);
  return times.sort((a, b) => a - b)[1] ?? Number.NaN;
}

/** Bytes of a function's zip. */
export const zipBytes = async (folder: string, name: string): Promise<number> => (await stat(path.join(folder, `${name}.zip`))).size;

const key = (letter: string): string => Buffer.alloc(32, letter).toString('base64');

/** A whole configuration and nothing else: keys that protect nothing, and a database at a port where nobody listens. */
export const sampleEnvironment: Record<string, string> = {
  MPESA_ENV: 'sandbox',
  MPESA_CONSUMER_KEY: 'sample-key',
  MPESA_CONSUMER_SECRET: 'sample-secret',
  CALLBACK_TOKEN_KEY: key('t'),
  ENCRYPTION_KEYS: `k1:${key('e')}`,
  LOOKUP_KEY: key('l'),
  SESSION_SECRET: key('s'),
  DATABASE_URL: 'postgres://nobody:nothing@127.0.0.1:1/nowhere',
  SITE_URL: 'https://shop.example',
  SENDGRID_API_KEY: 'SG.sample',
  INVOICE_EMAIL_FROM: 'duka@shop.example',
  ORGANISATION_NAME: 'Duka la Kahawa',
};
