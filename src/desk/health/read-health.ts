import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { waysToProve } from '#ground/config/ways-to-prove.ts';
import { innermost } from '#ground/db/errors.ts';
import { NEWEST_MIGRATION } from '#ground/db/newest-migration.ts';
import { bigintText, instant, instantSql, readRows } from '#ground/db/rows.ts';
import { MINUTE_ENDED_AT, whyClockIsLate } from '#ground/runs/minute-mark.ts';
import { readRest } from '#ground/runs/rest.ts';
import { listSpilled, openSpill, spillName } from '#mpesa/spill/spill-store.ts';
import type { App } from '#mpesa/wiring/app.ts';

const Row = z.object({
  migrations: z.number(),
  newestAt: bigintText.nullable(),
  minuteEndedAt: instant.nullable(),
  pending: z.number(),
  waiting: z.number(),
  deadLetters: z.number(),
  reviews: z.number(),
  tasks: z.record(z.string(), z.number()),
  oldestDueSeconds: z.number().nullable(),
  nights: z.record(z.string(), z.string()),
});

/**
 * For an uptime monitor: whether the database answers, whether it has the migrations that this code was made with, whether the minute runs, and how much waits. Where one of
 * these is not so the status is not `ok`, and `reasons` say why; when the database does not answer, with how many callbacks are kept elsewhere until it does.
 * `tasks`: the open ones by kind. `nights`: the last day for which penalties and reminders were finished. `keepsElsewhere`: whether callbacks could be kept elsewhere. `proof`: what proves money that only a notice has reported, "by statement
 * only" where neither status nor pull does. Counts only, no personal data.
 *
 * While the database sleeps, since nothing is due, what the minute left outside it answers, with `sleepsUntil`; `deep` asks the database all the same.
 */
export async function readHealth(
  { config, db, clock, log }: Pick<App, 'config' | 'db' | 'clock' | 'log'>,
  { deep }: { deep?: '1' | undefined },
) {
  const now = clock.now();
  const rest = await readRest({ config, clock, log });
  if (rest?.sleeps && !deep && !whyClockIsLate(rest.endedAt, now))
    return { status: 'ok' as const, reasons: [], minuteEndedAt: rest.endedAt.toISOString(), sleepsUntil: rest.until.toISOString() };
  try {
    const { newestAt, minuteEndedAt: markedAt, ...counts } = await readCounts(db, now);
    const minuteEndedAt = latest(markedAt, rest?.endedAt ?? null);
    const reasons = [whyMigrationsLack(newestAt), whyClockIsLate(minuteEndedAt, now)].filter((reason) => reason !== undefined);
    return {
      status: reasons.length === 0 ? ('ok' as const) : ('failing' as const),
      ...{ reasons, minuteEndedAt: minuteEndedAt?.toISOString() ?? null },
      ...counts,
      keepsElsewhere: (await openSpill(config)) !== undefined,
      proof: describeProof(waysToProve(config)),
    };
  } catch (error) {
    const inner = innermost(error);
    log.error('health_failed', inner);
    if (UNKNOWN_THERE.includes(String((inner as { code?: unknown }).code)))
      return { status: 'failing' as const, reasons: [MIGRATIONS_LACK] };
    const reasons = ['The database does not answer, or refuses to: the log says why (health_failed).'];
    return { status: 'database_unreachable' as const, reasons, spilled: await countSpilled(config, now) };
  }
}

async function readCounts(db: App['db'], now: Date): Promise<z.output<typeof Row>> {
  const at = instantSql(now);
  const rows = await readRows(
    db,
    Row,
    sql`
      select (select count(*)::int from drizzle.__drizzle_migrations) as migrations,
        (select max(created_at) from drizzle.__drizzle_migrations) as newest_at, ${MINUTE_ENDED_AT} as minute_ended_at,
        (select count(*)::int from attempts where live) as pending,
        (select count(*)::int from deposits where allocated_at is null) as waiting,
        (select count(*)::int from outbox where dead_at is not null and discarded_at is null) as dead_letters,
        (select count(*)::int from reviews where closed_at is null) as reviews,
        (select coalesce(jsonb_object_agg(kind, open), '{}') from (select kind, count(*) as open from reviews where closed_at is null group by kind) r) as tasks,
        (select extract(epoch from ${at} - min(due_at))::int from outbox where sent_at is null and dead_at is null and urgency = 0) as oldest_due_seconds,
        (select coalesce(jsonb_object_agg(r.job, r.as_of), '{}') from (
          select job, max(as_of) as as_of from (select * from runs order by as_of desc limit 100) newest where finished_at is not null group by job) r) as nights`,
  );
  return rows[0] as z.output<typeof Row>;
}

const latest = (one: Date | null, other: Date | null): Date | null => (one && other ? (one > other ? one : other) : (one ?? other));

const MIGRATIONS_LACK = `The database lacks migrations up to ${NEWEST_MIGRATION.tag}: run \`npm run db:migrate\`.`;

/** SQLSTATEs of a table and a column that are not there. */
const UNKNOWN_THERE = ['42P01', '42703'];

/** A database that is ahead is well: a release runs on the schema of the next one. */
const whyMigrationsLack = (newestAt: bigint | null): string | undefined =>
  (newestAt ?? 0n) >= BigInt(NEWEST_MIGRATION.at) ? undefined : MIGRATIONS_LACK;

const describeProof = (ways: string[]) => (ways.length > 1 ? `by ${ways.join(', ')}` : `by ${ways[0]} only`);

/** How long one process goes by the number that it has: whoever asks often must not make us list the store each time. */
const KNOWN_MS = 5_000;

let known: { store: string; at: number; count: Promise<number | null> } | undefined;

/** How many callbacks wait to be read in, some seconds ago at most; null where nothing can be kept, or it is not known. Asked only when the database is away. */
function countSpilled(config: App['config'], now: Date): Promise<number | null> {
  const [store, at] = [spillName(config), now.getTime()];
  if (known?.store !== store || Math.abs(at - known.at) >= KNOWN_MS) known = { store, at, count: askSpilled(config) };
  return known.count;
}

async function askSpilled(config: App['config']): Promise<number | null> {
  try {
    const store = await openSpill(config);
    return store ? (await listSpilled(store)).length : null;
  } catch {
    return null;
  }
}
