import { fork } from 'node:child_process';
import path from 'node:path';
import type { Report } from './artifact-process.ts';
import type { Probe } from './expectations.ts';
import { sampleEnvironment } from './sample-environment.ts';

/** Longer than any probe takes, retries to an absent database among them. */
const PATIENCE_MS = 60_000;

/** Starts an artifact in a fresh process with the sample environment and nothing else but `more`, and asks it. `coldStartMs` is its import and its first answer. Throws when it dies. */
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
