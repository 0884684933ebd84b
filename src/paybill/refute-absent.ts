import { sql } from 'drizzle-orm';
import type { App } from '../app.ts';

/** A row may be told late; what is absent this long after its time does not come. */
const LATE_MS = 6 * 60 * 60_000;

/**
 * Refutes told money that a whole list of a short code's payments does not contain: of the time from `from` until six hours before `to`. The list must have another row of
 * that short code, or it proves nothing. The money is locked, and a task offers to take it back. Safe to repeat.
 */
export async function refuteAbsent(
  { db, clock, log }: App,
  { shortcode, from, to, receipts }: { shortcode: string; from: Date; to: Date; receipts: string[] },
): Promise<void> {
  if (receipts.length === 0) return;
  const until = new Date(to.getTime() - LATE_MS);
  const result = await db.execute(sql`
  select refute_deposit_1(d.id, ${clock.now().toISOString()}::timestamptz) from deposits d
  where d.confirmed_at is null and d.receipt_proved_at is null and d.receipt is not null and d.merged_into is null and d.refuted_at is null and d.shortcode = ${shortcode}
    and d.moved_at between ${from.toISOString()}::timestamptz and ${until.toISOString()}::timestamptz and d.settled_at <= ${until.toISOString()}::timestamptz
    and d.receipt <> all(${sql.param(receipts)}::text[])`);
  if (result.rows.length > 0) log.warn('deposits_refuted', { shortcode, count: result.rows.length });
}
