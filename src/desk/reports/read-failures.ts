import type * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { failureMessage, failureReason } from '#mpesa/payments/failure-reasons.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { byDay, Count, countsSql, type DaysInput, daysAsked, manyOf, percent } from './report-days.ts';

const COLUMNS = ['on', 'reason', 'codes', 'prompts', 'amount', 'ofPromptsPercent', 'message'];

/** For each day in Nairobi why prompts failed, most frequent first. Throws `invalid_input`. */
export async function readFailures({ db, clock }: Pick<App, 'db' | 'clock'>, { format, ...asked }: z.output<typeof DaysInput>) {
  const { from, to } = daysAsked(asked, clock.now());
  const counts = await readRows(db, Count, countsSql(['prompts', 'failures'], { from, to }));
  const days = byDay(counts).map(({ on, rows }) => ({ on, ...failures(rows) }));
  const lines = days.flatMap(({ on, reasons }) => reasons.map((reason) => ({ on, ...reason, codes: reason.codes.join(' ') })));
  if (format === 'csv') return new Sheet(`failures-${from}-${to}.csv`, COLUMNS, lines);
  return { from, to, days, total: failures(counts) };
}

/** How many prompts failed and expired, and why; `no_answer` is one of which Safaricom never said how it ended. */
export function failures(counts: readonly Count[]) {
  const made = manyOf(counts, 'prompts', (key) => key === 'made');
  const failed = counts.filter(({ figure }) => figure === 'failures').map((count) => ({ ...count, ...reasonOf(count.key) }));
  const reasons = [...Map.groupBy(failed, ({ reason }) => reason)].map(([reason, of]) => {
    const prompts = of.reduce((sum, { many }) => sum + many, 0);
    return {
      ...{ reason, codes: [...new Set(of.flatMap(({ code }) => code || []))].sort(), prompts },
      amount: shillings(of.reduce((sum, { cents }) => sum + cents, 0n)),
      ofPromptsPercent: percent(prompts, made),
      message: reason === 'no_answer' ? 'Safaricom never said how it ended.' : failureMessage(reason, 'en'),
    };
  });
  reasons.sort((a, b) => b.prompts - a.prompts || (a.reason < b.reason ? -1 : 1));
  return { prompts: made, failed: reasons.reduce((sum, { prompts }) => sum + prompts, 0), reasons };
}

/** A key is `failed:code` or `expired:`. */
function reasonOf(key: string) {
  const [state, ...code] = key.split(':');
  if (state === 'expired') return { code: '', reason: 'no_answer' as const };
  return { code: code.join(':'), reason: failureReason(code.join(':') || 'unknown') };
}
