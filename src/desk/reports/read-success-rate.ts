import type * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { readRows } from '#ground/db/rows.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { byDay, Count, countsSql, type DaysInput, daysAsked, manyOf, percent } from './report-days.ts';

/** What the two rates are, said in the answer beside them. */
const DEFINITIONS = {
  ofAcceptedPercent: 'Prompts that were paid, of the prompts that Safaricom accepted (it showed them, or tried to).',
  ofCreatedPercent: 'Payments that were paid (and not reversed), of all payments that were asked for.',
  on: 'Both by the day in Nairobi on which the payment was asked for; a later success counts on that day.',
};

const COLUMNS = [
  ...['on', 'promptsMade', 'promptsAccepted', 'promptsPaid', 'ofAcceptedPercent'],
  ...['paymentsCreated', 'paymentsPaid', 'paymentsReversed', 'paymentsOpen', 'ofCreatedPercent'],
];

/** For each day in Nairobi how many prompts and payments there were, and how many of them were paid. Throws `invalid_input`. */
export async function readSuccessRate({ db, clock }: Pick<App, 'db' | 'clock'>, { format, ...asked }: z.output<typeof DaysInput>) {
  const { from, to } = daysAsked(asked, clock.now());
  const counts = await readRows(db, Count, countsSql(['payments', 'prompts'], { from, to }));
  const days = byDay(counts).map(({ on, rows }) => ({ on, ...rates(rows) }));
  if (format === 'csv') return new Sheet(`success-rate-${from}-${to}.csv`, COLUMNS, days);
  return { from, to, definitions: DEFINITIONS, days, total: rates(counts) };
}

/** How payments and prompts ended, and the two rates. */
export function rates(counts: readonly Count[]) {
  const prompts = (which: string) => manyOf(counts, 'prompts', (key) => key === which);
  const payments = (...states: string[]) => manyOf(counts, 'payments', (key) => states.some((state) => key.endsWith(`:${state}`)));
  const created = manyOf(counts, 'payments');
  return {
    ...{ promptsMade: prompts('made'), promptsAccepted: prompts('accepted'), promptsPaid: prompts('paid') },
    ofAcceptedPercent: percent(prompts('paid'), prompts('accepted')),
    ...{ paymentsCreated: created, paymentsPaid: payments('paid', 'refunded'), paymentsReversed: payments('reversed') },
    ...{ paymentsOpen: payments('pending', 'unknown'), ofCreatedPercent: percent(payments('paid', 'refunded'), created) },
  };
}
