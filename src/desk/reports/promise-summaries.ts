import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import { addDays, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';

const HOUR = 7;

/**
 * Promises each administrator and treasurer who has an e-mail the summary of yesterday, from 07:00 in Nairobi on: once for each of them and day, however often this
 * runs, and for a morning that was missed later on the same day. DAILY_SUMMARY turns it off.
 */
export async function promiseSummaries({ db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>): Promise<{ promised: number }> {
  const now = clock.now();
  const today = nairobiDay(now);
  const morning = nairobiMoment(today, HOUR);
  if (!config.reports.dailySummary || now < morning) return { promised: 0 };
  const on = addDays(today, -1);
  const { rowCount } = await db.execute(
    enqueueSql({
      key: sql`${`summary:${on}:`}::text || p.id`,
      message: { kind: 'daily_summary', personId: sql`p.id`, on },
      dueAt: now,
      from: sql`people p where p.role in ('treasurer', 'admin') and p.email is not null and p.disabled_at is null and p.created_at < ${instantSql(morning)}`,
    }),
  );
  return { promised: rowCount ?? 0 };
}
