import { readFileSync } from 'node:fs';
import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { type Finding, findings } from './finding.ts';

const { ok, warn, fail } = findings('migrations');

const JOURNAL = new URL('../../drizzle/meta/_journal.json', import.meta.url);
const Journal = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.number() })) });
const MIGRATE = 'Run `npm run db:migrate`; Netlify does so with each production deploy.';

/** Whether the database has the schema of this code: migrations are applied in order, so what is newer than the last one is pending. */
export async function findMigrations(db: Db): Promise<Finding[]> {
  const { entries } = Journal.parse(JSON.parse(readFileSync(JOURNAL, 'utf8')));
  const last = await lastApplied(db);
  const pending = entries.filter(({ when }) => when > last).map(({ tag }) => tag);
  if (pending.length > 0)
    return [fail(`The database lacks ${pending.length} of ${entries.length} migrations: ${pending.join(', ')}.`, MIGRATE)];
  const newest = Math.max(...entries.map(({ when }) => when));
  if (last > newest) return [warn('The database is newer than this code.', 'Bring your copy of the code up to date before you deploy it.')];
  return [ok(`All ${entries.length} migrations are applied.`)];
}

async function lastApplied(db: Db): Promise<number> {
  const Row = z.object({ exists: z.boolean() });
  const [table] = await readRows(db, Row, sql`select to_regclass('drizzle.__drizzle_migrations') is not null as exists`);
  if (!table?.exists) return 0;
  const Last = z.object({ last: z.coerce.number() });
  const [row] = await readRows(db, Last, sql`select coalesce(max(created_at), 0) as last from drizzle.__drizzle_migrations`);
  return row?.last ?? 0;
}
