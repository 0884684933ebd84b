import { moveCheckpoints } from '#books/ledger/move-checkpoints.ts';
import { countReports } from '#desk/reports/count-reports.ts';
import { readDailySummary } from '#desk/reports/read-daily-summary.ts';
import { readEvidence } from '#desk/reports/read-evidence.ts';
import { readFailures } from '#desk/reports/read-failures.ts';
import { readFloat } from '#desk/reports/read-float.ts';
import { readMessages } from '#desk/reports/read-messages.ts';
import { readPending } from '#desk/reports/read-pending.ts';
import { readRecentPayments } from '#desk/reports/read-recent-payments.ts';
import { readRevenue } from '#desk/reports/read-revenue.ts';
import { readSuccessRate } from '#desk/reports/read-success-rate.ts';
import { readTimeToPay } from '#desk/reports/read-time-to-pay.ts';
import type { Config } from '#ground/config/config.ts';
import type { Db } from '#ground/db/types.ts';
import type { FreshDatabase } from '../../test/world/database.ts';
import { DAYS, fillPayments, NOW } from './fill-payments.ts';

const NEVER = new Date('9999-01-01');
const ROUNDS = 3;

/** The pages that a report, or a minute, touched with so many payments, and its milliseconds in the database. */
export type Measured = { report: string; pages: number; ms: number };

type Sql = Pick<FreshDatabase, 'sql'>;

/** The counts of all days, in the order of `truth`. */
export const countedDays = ({ sql }: Sql): Promise<Record<string, unknown>[]> =>
  sql(`select day::text, figure, k.key, (k.value ->> 0)::int as many, (k.value ->> 1)::text as cents from day_counts cross join jsonb_each(counts) k
    union all select day::text, 'booked', concat_ws('|', kind, debit, credit), transfers, amount_cents::text from ledger_days order by 1, 2, 3`);

/**
 * Fills a database up to `payments` (it has `before` of them), lets it be counted from the beginning, and measures each report over the same days, and a minute with
 * twenty new payments. The database counts pages in pg_stat_statements, in the schema `measuring`.
 */
export async function measureReports(database: Sql, { db, config }: { db: Db; config: Config }, before: number, payments: number) {
  await fillPayments(database, before, payments);
  const app = { db, config, clock: { now: () => NOW } };
  const started = performance.now();
  await countReports(app, NEVER);
  const countingMs = performance.now() - started;
  await moveCheckpoints(app, NEVER);
  await database.sql('vacuum analyze');

  const days = { from: undefined, to: undefined, format: 'json' } as const;
  const all = { ...days, from: new Date(NOW.getTime() - DAYS * 86_400_000).toISOString().slice(0, 10) };
  const reports: Record<string, () => Promise<unknown>> = {
    summary: () => readDailySummary(app, days),
    recent: () => readRecentPayments(app, { ...days, limit: 20 }),
    pending: () => readPending(app, { limit: 50, format: 'json' }),
    revenue: () => readRevenue(app, days),
    'success-rate': () => readSuccessRate(app, days),
    'time-to-pay': () => readTimeToPay(app, days),
    failures: () => readFailures(app, days),
    evidence: () => readEvidence(app, days),
    float: () => readFloat(app, days),
    messages: () => readMessages(app, days),
    [`summary of ${DAYS} days`]: () => readDailySummary(app, all),
    'a minute with nothing new': () => countReports(app, NEVER),
  };
  const measured: Measured[] = [];
  for (const [report, read] of Object.entries(reports)) measured.push({ report, ...(await leastOf(database, read)) });
  return { measured, countingMs };
}

/** What is least of some rounds: a new session loads and compiles first. */
async function leastOf({ sql }: Sql, read: () => Promise<unknown>): Promise<{ pages: number; ms: number }> {
  const rounds: { pages: number; ms: number }[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    await sql('select measuring.pg_stat_statements_reset()');
    await read();
    const [row] = await sql<{ pages: string; ms: number }>(`
      select sum(shared_blks_hit + shared_blks_read)::text as pages, sum(total_exec_time) as ms from measuring.pg_stat_statements
      where toplevel and query not like '%pg_stat_statements%'`);
    rounds.push({ pages: Number(row?.pages), ms: Number(row?.ms) });
  }
  return { pages: Math.min(...rounds.map(({ pages }) => pages)), ms: Math.min(...rounds.map(({ ms }) => ms)) };
}
