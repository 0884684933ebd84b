import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, rowsOf } from '#ground/db/rows.ts';

/** Whether anything keeps payouts from being sent: Safaricom refuses our initiator, or a person has stopped them. */
export const ARE_STOPPED = sql`exists (select from stops where name in ('payouts', 'payouts_by_hand'))`;

/** What keeps payouts from being sent; nothing while they run. */
export const STOPPED = sql`select name, reason, stopped_at from stops where name in ('payouts', 'payouts_by_hand') order by stopped_at, name`;

const Row = z.object({ name: z.string(), reason: z.string(), stoppedAt: instant });

/** Why payouts are stopped, in words, and since when; null while they run. */
export type Stopped = { reason: string; since: string } | null;

/** The rows of `STOPPED`, for a person. */
export function sayStopped(rows: readonly unknown[] | undefined): Stopped {
  const stops = rowsOf(Row, rows);
  const [first] = stops;
  if (!first) return null;
  const reason = stops.map((stop) => (stop.name === 'payouts' ? `Our initiator cannot be used: ${stop.reason}.` : stop.reason));
  return { reason: reason.join(' '), since: first.stoppedAt.toISOString() };
}
