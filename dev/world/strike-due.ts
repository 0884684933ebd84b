import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ROOT } from '../bundle/bundle-functions.ts';
import { fallsBetween } from '../schedule.ts';

export type Scheduled = { name: string; schedule: string };

export const EACH_MINUTE = '* * * * *';

/** The functions that the platform's clock runs, and when. Their config is literals, so it is read as text. */
export async function readSchedules(): Promise<Scheduled[]> {
  const folder = path.join(ROOT, 'netlify/functions');
  const found = (await readdir(folder)).map(async (file) => {
    const [, schedule] =
      /^export const config: Config = \{[^;]*schedule: '([^']+)'/ms.exec(await readFile(path.join(folder, file), 'utf8')) ?? [];
    return schedule === undefined ? [] : [{ name: path.basename(file, '.ts'), schedule }];
  });
  return (await Promise.all(found)).flat();
}

/** What a local clock does at each strike: it runs the functions of each minute, and each daily one whose hour has come since the last strike. */
export function strikeDue(
  schedules: Scheduled[],
  strike: (name: string) => Promise<unknown>,
  now: () => Date = () => new Date(),
): () => Promise<void> {
  let since = now();
  return async () => {
    const until = now();
    const due = schedules.filter(({ schedule }) => schedule === EACH_MINUTE || fallsBetween(schedule, since, until));
    since = until;
    const failures: unknown[] = [];
    for (const { name } of due) await strike(name).catch((error: unknown) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
}
