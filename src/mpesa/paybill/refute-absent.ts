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
