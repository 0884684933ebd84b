import { setTimeout as sleep } from 'node:timers/promises';
import { countReports } from '#desk/reports/count-reports.ts';
import type { World } from '../world/world.ts';

const MOST_MS = 30_000;

/** Counts all there is. A transfer is counted once no earlier transaction runs, in any database of the server: those of other tests are waited for. */
export async function countAll({ app, database }: World): Promise<void> {
  for (const began = performance.now(); performance.now() - began < MOST_MS; await sleep(50)) {
    await countReports(app, new Date('9999-01-01'));
    const [row] = await database.sql<{ behind: boolean }>(
      'select exists (select from transfers t join count_mark m on t.tx >= m.transfers_upto) as behind',
    );
    if (!row?.behind) return;
  }
  throw new Error('Another transaction has run all the time.');
}
