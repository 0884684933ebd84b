import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../wiring/app.ts';

/** How many deposits one request refutes: each may undo what it paid. */
const REFUTED = 100;

const Refuted = z.object({ depositId: z.uuid(), failed: z.string().nullable() });

/**
 * Refutes told money that a complete list of its time does not contain, told before the list or after it: refute-absent.sql has the rule.
 * What has paid for nothing yet is taken off the books; the rest is locked, with a task to take it back. The next run does what this one
 * has no time for. Safe to repeat and in parallel.
 */
export async function refuteAbsent({ db, clock, log }: Pick<App, 'db' | 'clock' | 'log'>, deadline: Date): Promise<{ refuted: number }> {
  const passed: string[] = [];
  let refuted = 0;
  while (clock.now() < deadline) {
    const text = 'select "depositId", failed from refute_absent_2($1::int, $2::uuid[], $3::timestamptz)';
    const part = z.array(Refuted).parse(await db.query(text, [REFUTED, passed, clock.now().toISOString()]));
    if (part.length === 0) break;
    for (const { depositId, failed } of part) {
      if (failed === null) refuted += 1;
      else {
        log.error('deposit_not_refuted', new Error(failed), { depositId });
        passed.push(depositId);
      }
    }
  }
  if (refuted > 0) log.warn('deposits_refuted', { count: refuted });
  if (passed.length > 0) throw new Error(`${passed.length} told deposits could not be refuted: deposit_not_refuted in the log says why.`);
  return { refuted };
}

/** Due at once while told money may be refuted, as a value in a statement: what a statement lists and could not settle is looked at in vain. */
export const absentDueSql = (_app: unknown, at: SQL): SQL => sql`(select ${at} where exists (
  select from refuting_times_1() e join deposits d on d.shortcode = e.shortcode and d.moved_at between e.begins and e.ends
  where d.confirmed_at is null and d.merged_into is null and d.refuted_at is null and d.receipt is not null and d.receipt_proved_at is null
    and holds_day_1(e.begins, e.ends, d.moved_at, receipt_day_1(d.receipt)) and not d.receipt = any(e.listed)))`;
