import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { waysToProve } from '#ground/config/ways-to-prove.ts';
import { innermost } from '#ground/db/errors.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { listSpilled, openSpill } from '#mpesa/spill/spill-store.ts';
import type { App } from '#mpesa/wiring/app.ts';

const Row = z.object({
  migrations: z.number(),
  pending: z.number(),
  waiting: z.number(),
  deadLetters: z.number(),
  reviews: z.number(),
  oldestDueSeconds: z.number().nullable(),
});

/**
 * For an uptime monitor: whether the database answers, and how much waits. When it does not answer: 503, with how many callbacks are kept elsewhere until it
 * does. `keepsElsewhere`: whether callbacks could be kept elsewhere. `proof`: what proves money that only a notice has reported, "by statement only" where
 * neither status nor pull does. Counts only, no personal data.
 */
export async function readHealth({ config, db, clock, log }: Pick<App, 'config' | 'db' | 'clock' | 'log'>) {
  const at = instantSql(clock.now());
  try {
    const [row] = await readRows(
      db,
      Row,
      sql`
      select (select count(*)::int from drizzle.__drizzle_migrations) as migrations,
        (select count(*)::int from attempts where live) as pending,
        (select count(*)::int from deposits where allocated_at is null) as waiting,
        (select count(*)::int from outbox where dead_at is not null and discarded_at is null) as dead_letters,
        (select count(*)::int from reviews where closed_at is null) as reviews,
        (select extract(epoch from ${at} - min(due_at))::int from outbox where sent_at is null and dead_at is null and urgency = 0) as oldest_due_seconds`,
    );
    return {
      status: 'ok' as const,
      ...row,
      keepsElsewhere: (await openSpill(config)) !== undefined,
      proof: describeProof(waysToProve(config)),
    };
  } catch (error) {
    log.error('health_failed', innermost(error));
    return { status: 'database_unreachable' as const, spilled: await countSpilled(config) };
  }
}

const describeProof = (ways: string[]) => (ways.length > 1 ? `by ${ways.join(', ')}` : `by ${ways[0]} only`);

/** How many callbacks wait to be read in; null where nothing can be kept, or it is not known. Asked only when the database is away. */
async function countSpilled(config: App['config']): Promise<number | null> {
  try {
    const store = await openSpill(config);
    return store ? (await listSpilled(store)).length : null;
  } catch {
    return null;
  }
}
