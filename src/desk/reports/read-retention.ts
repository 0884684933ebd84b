import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { RETENTION, type Retained } from '#ground/config/retention.ts';
import { REMOVED_KINDS } from '#ground/db/removals.schema.ts';
import { instant, readRows } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { type DaysInput, daysAsked } from './report-days.ts';

const COLUMNS = ['on', 'kind', 'removed', 'olderThan', 'lastAt'];

const Row = z.object({ day: z.string(), kind: z.enum(REMOVED_KINDS), removed: z.number(), olderThan: instant, lastAt: instant });

/** How long things are kept by the settings, with the least that is allowed and why, and for each day in Nairobi what was deleted because of them. Throws `invalid_input`. */
export async function readRetention(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  { format, ...asked }: z.output<typeof DaysInput>,
) {
  const { from, to } = daysAsked(asked, clock.now());
  const rows = await readRows(
    db,
    Row,
    sql`
    select r.day::text as day, r.kind, r.removed, r.older_than, r.last_at from retention_removals r
    where r.day between ${from}::date and ${to}::date order by r.day desc, r.kind`,
  );
  const removals = rows.map(({ day, kind, removed, olderThan, lastAt }) => ({
    ...{ on: day, kind, removed, olderThan: olderThan.toISOString(), lastAt: lastAt.toISOString() },
  }));
  if (format === 'csv') return new Sheet(`retention-${from}-${to}.csv`, COLUMNS, removals);
  const settings = (Object.keys(RETENTION) as Retained[]).map((name) => {
    const { variable, least, because }: { variable: string; least: number; because: string } = RETENTION[name];
    return { variable, value: config.retain[name], least, because };
  });
  return { from, to, settings, removals };
}
