import { type SQL, sql } from 'drizzle-orm';
import type { App } from '../app.ts';

/**
 * Refutes told money that a whole list of a short code's payments does not contain, of the moments from `from` to `to`. `unless` says of a deposit `d` that the list
 * speaks of it, or cannot: ruling 5 has what a list must be to refute. The money is locked, and a task offers to take it back. Safe to repeat.
 */
export async function refuteAbsent(
  { db, clock, log }: Pick<App, 'db' | 'clock' | 'log'>,
  { shortcode, from, to, unless }: { shortcode: string; from: Date; to: Date; unless: SQL },
): Promise<void> {
  const result = await db.execute(sql`
  select refute_deposit_1(d.id, ${clock.now().toISOString()}::timestamptz) from deposits d
  where d.confirmed_at is null and d.receipt_proved_at is null and d.receipt is not null and d.merged_into is null and d.refuted_at is null and d.shortcode = ${shortcode}
    and d.moved_at between ${from.toISOString()}::timestamptz and ${to.toISOString()}::timestamptz and not (${unless})`);
  if (result.rows.length > 0) log.warn('deposits_refuted', { shortcode, count: result.rows.length });
}
