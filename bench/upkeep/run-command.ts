import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

export type Ran = { code: number | null; text: string; seconds: number; mostMegabytes: number };

/** Runs one of the commands as a person would, in a process of its own; kills it (-9) as soon as its words match `killAt`. */
export async function runCommand(file: string, argv: string[], environment: Record<string, string>, killAt?: RegExp): Promise<Ran> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [`dev/${file}`, ...argv], {
    env: { PATH: process.env.PATH, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  let mostMegabytes = 0;
  const hear = (piece: Buffer) => {
    text += piece;
    if (killAt?.test(text)) child.kill('SIGKILL');
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const watching = setInterval(() => {
    mostMegabytes = Math.max(mostMegabytes, peakOf(child.pid));
  }, 50);
  const code = await new Promise<number | null>((ended) => child.once('close', ended));
  clearInterval(watching);
  return { code, text, seconds: (performance.now() - startedAt) / 1_000, mostMegabytes };
}

/** The most memory that a process has held so far; 0 where the system does not say. */
function peakOf(pid: number | undefined): number {
  try {
    const [, kilobytes = '0'] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return Math.round(Number(kilobytes) / 1_024);
  } catch {
    return 0;
  }
}
