import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { IS_DETACHED } from '../db/detached.ts';
import { instant, instantSql, readRows } from '../db/rows.ts';
import type { Ground } from '../ground.ts';
import { markMinuteSql, quarterIsDueSql } from './minute-mark.ts';

const Asked = z.object({
  detached: z.boolean(),
  quarter: z.boolean(),
  due: z.array(z.string()),
  next: instant.nullable(),
  migratedAt: z.coerce.number().nullable(),
});

/** What a minute has to do. `due`: the steps whose time has come. `quarter`: a new quarter of an hour has begun. `next`: when the first other step is due. `detached`: nothing, in a copy that nobody has claimed. `migratedAt`: the newest migration that the database has. */
export type Asked = z.output<typeof Asked>;

/**
 * Asks what this minute has to do, in one statement; where that is nothing, the same statement marks that the minute has ended. `dues`: for each step when it is next
 * due, as a value in a statement, null when nothing waits for it. A step that failed is due until it works again.
 */
export async function askMinute(
  { db, clock }: Pick<Ground, 'db' | 'clock'>,
  steps: readonly string[],
  dues: Record<string, SQL>,
): Promise<Asked> {
  const now = clock.now();
  const at = instantSql(now);
  const lines = Object.entries(dues).map(([step, due]) => sql`(${step}::text, ${due}::timestamptz)`);
  const [asked] = await readRows(
    db,
    Asked,
    sql`
    with step as materialized (
      select * from (values ${sql.join(lines, sql`, `)}) as s(name, due_at)
    ), due as materialized (
      select name from step where due_at <= ${at}
      union select subject from reviews where kind = 'job_failed' and closed_at is null and subject = any(${sql.param(steps)}::text[])
    ), asked as materialized (
      select ${IS_DETACHED} as detached, ${quarterIsDueSql(now)} as quarter, array(select name from due) as due, (select min(due_at) from step where due_at > ${at}) as next,
        (select max(created_at) from drizzle.__drizzle_migrations) as migrated_at
    ), marked as (${markMinuteSql(now, { quarter: false, when: sql`(select not detached and not quarter and due = '{}' from asked)` })})
    select * from asked`,
  );
  if (!asked) throw new Error('The minute was asked, and nothing came back.');
  return asked;
}
