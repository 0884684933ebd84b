import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { Probe } from './expectations.ts';
import { runArtifact } from './run-artifact.ts';

/** Milliseconds from nothing loaded to the first answer: the median of three fresh processes. */
export async function measureArtifact(folder: string, route: string | undefined, probe: Probe): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < 3; run++) times.push((await runArtifact(folder, route, [probe])).coldStartMs);
  return times.sort((a, b) => a - b)[1] ?? Number.NaN;
}

/** Bytes of a function's zip. */
export const zipBytes = async (folder: string, name: string): Promise<number> => (await stat(path.join(folder, `${name}.zip`))).size;
