import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';

const Row = z.object({
  migrations: z.number(),
  pending: z.number(),
  waiting: z.number(),
  deadLetters: z.number(),
  reviews: z.number(),
  tasks: z.record(z.string(), z.number()),
  oldestDueSeconds: z.number().nullable(),
  nights: z.record(z.string(), z.string()),
});

/** How much waits, for those who may read tasks: counts alone. `tasks`: the open ones by kind. `nights`: the last day for which penalties and reminders were finished. */
export async function readWaiting(db: App['db'], now: Date): Promise<z.output<typeof Row>> {
  const rows = await readRows(
    db,
    Row,
    sql`
      select (select count(*)::int from drizzle.__drizzle_migrations) as migrations,
        (select count(*)::int from attempts where live) as pending,
        (select count(*)::int from deposits where allocated_at is null) as waiting,
        (select count(*)::int from outbox where dead_at is not null and discarded_at is null) as dead_letters,
        (select count(*)::int from reviews where closed_at is null) as reviews,
        (select coalesce(jsonb_object_agg(kind, open), '{}') from (select kind, count(*) as open from reviews where closed_at is null group by kind) r) as tasks,
        (select extract(epoch from ${instantSql(now)} - min(due_at))::int from outbox where sent_at is null and dead_at is null and urgency = 0) as oldest_due_seconds,
        (select coalesce(jsonb_object_agg(r.job, r.as_of), '{}') from (
          select job, max(as_of) as as_of from (select * from runs order by as_of desc limit 100) newest where finished_at is not null group by job) r) as nights`,
  );
  return rows[0] as z.output<typeof Row>;
}
