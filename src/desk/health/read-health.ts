import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { waysToProve } from '#ground/config/ways-to-prove.ts';
import { innermost } from '#ground/db/errors.ts';
import { NEWEST_MIGRATION } from '#ground/db/newest-migration.ts';
import { bigintText, instant, readRows } from '#ground/db/rows.ts';
import { MINUTE_ENDED_AT, whyClockIsLate } from '#ground/runs/minute-mark.ts';
import { type Rest, readRest } from '#ground/runs/rest.ts';
import { listSpilled, openSpill, spillName } from '#mpesa/spill/spill-store.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { readWaiting } from './read-waiting.ts';

const Row = z.object({ newestAt: bigintText.nullable(), minuteEndedAt: instant.nullable() });

/**
 * For an uptime monitor: whether the database answers, whether it has the migrations that this code was made with, and whether the minute runs. Where one of these is not so
 * the status is not `ok`, and `reasons` say why. `keepsElsewhere`: whether callbacks could be kept elsewhere. `proof`: what proves money that only a notice has reported, "by
 * statement only" where neither status nor pull does. How much waits is the organisation's own affair: whoever may read tasks sees it too (read-waiting.ts). While the database
 * sleeps, since nothing is due, and had what this code needs when it was last asked, a stranger is answered without it, with `sleepsUntil`; `deep` asks it all the same.
 */
export async function readHealth(
  { config, db, clock, log }: Pick<App, 'config' | 'db' | 'clock' | 'log'>,
  { deep }: { deep?: '1' | undefined },
  { caller }: Pick<Call, 'caller'>,
) {
  const now = clock.now();
  const rest = await readRest({ config, clock, log });
  const readsWaiting = caller.scopes.includes('tasks:read');
  const settings = { keepsElsewhere: (await openSpill(config)) !== undefined, proof: describeProof(waysToProve(config)) };
  const mayAnswer = !deep && !readsWaiting && rest?.migratedAt && !whyMigrationsLack(BigInt(rest.migratedAt));
  const asleep = rest?.sleeps && mayAnswer && !whyClockIsLate(rest.endedAt, now) ? rest : undefined;
  try {
    const { newestAt, minuteEndedAt } = asleep
      ? { newestAt: BigInt(asleep.migratedAt ?? 0), minuteEndedAt: asleep.endedAt }
      : await readMarks(db, rest);
    const reasons = [whyMigrationsLack(newestAt), whyClockIsLate(minuteEndedAt, now)].filter((reason) => reason !== undefined);
    return {
      status: reasons.length === 0 ? ('ok' as const) : ('failing' as const),
      ...{ reasons, minuteEndedAt: minuteEndedAt?.toISOString() ?? null },
      ...(asleep && { sleepsUntil: asleep.until.toISOString() }),
      ...(readsWaiting && (await readWaiting(db, now))),
      ...settings,
    };
  } catch (error) {
    const inner = innermost(error);
    if (UNKNOWN_THERE.includes(String((inner as { code?: unknown }).code))) {
      log.error('health_failed', inner);
      return { status: 'failing' as const, reasons: [MIGRATIONS_LACK] };
    }
    log.error('health_failed', inner, { spilled: await countSpilled(config, now) });
    const reasons = [
      'The database does not answer, or refuses to: the log says why, and how many callbacks are kept until it does (health_failed).',
    ];
    return { status: 'database_unreachable' as const, reasons };
  }
}

/** The mark of the last minute is in the database, or outside it where that minute let the database sleep. */
async function readMarks(db: App['db'], rest: Rest | undefined): Promise<z.output<typeof Row>> {
  const marks = sql`select (select max(created_at) from drizzle.__drizzle_migrations) as newest_at, ${MINUTE_ENDED_AT} as minute_ended_at`;
  const [{ newestAt, minuteEndedAt } = { newestAt: null, minuteEndedAt: null }] = await readRows(db, Row, marks);
  return { newestAt, minuteEndedAt: latest(minuteEndedAt, rest?.endedAt ?? null) };
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
