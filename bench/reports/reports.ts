import { isDeepStrictEqual } from 'node:util';
import { connect } from '#ground/db/client.ts';
import { growingDatabase } from '../../test/growth/growing-database.ts';
import { truth } from '../../test/reports/truth.ts';
import { settings } from '../callbacks/settings.ts';
import { DAYS } from './fill-payments.ts';
import { countedDays, measureReports } from './measure-reports.ts';

const SMALL = 10_000;
/** Pages that a report may touch more with a hundred times the payments: trees are higher, numbers longer. */
export const MORE_PAGES = 20;

/** Measures every report with ten thousand payments and with `payments`, over the same days, and holds what was counted against the rows. False where a bar is missed. */
export async function reports(payments: number, say: (text: string) => void): Promise<boolean> {
  await using running = new AsyncDisposableStack();
  const database = await growingDatabase();
  running.defer(() => database.drop());
  const db = connect(database.url);
  running.defer(() => db.close());
  const app = { db, config: settings(database.url) };
  let isRight = true;
  const measure = async (before: number, size: number) => {
    const { measured, countingMs } = await measureReports(database, app, before, size);
    const agrees = isDeepStrictEqual(await countedDays(database), await truth(database));
    isRight &&= agrees;
    say(
      `${size.toLocaleString('en')} payments on ${DAYS} days: counted from the beginning in ${Math.round(countingMs)} ms, ${agrees ? 'as the rows say' : 'NOT as the rows say'}`,
    );
    return measured;
  };
  const small = await measure(0, SMALL);
  const large = await measure(SMALL, payments);
  for (const [n, { report, pages, ms }] of small.entries()) {
    const grown = large[n] ?? { pages: Number.NaN, ms: Number.NaN };
    const held = grown.pages <= pages + MORE_PAGES;
    isRight &&= held;
    say(
      `${report.padEnd(26)} ${`${pages}`.padStart(6)} -> ${`${grown.pages}`.padStart(6)} pages  ${ms.toFixed(1).padStart(7)} -> ${grown.ms.toFixed(1).padStart(7)} ms${held ? '' : '  MISSED'}`,
    );
  }
  return isRight;
}
