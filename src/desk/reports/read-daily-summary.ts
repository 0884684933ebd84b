import { sql } from 'drizzle-orm';
import type * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { ownShortcodes } from '#mpesa/float/own-shortcodes.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { movements, tell } from './read-evidence.ts';
import { failures } from './read-failures.ts';
import { earned, earnedSql } from './read-revenue.ts';
import { rates } from './read-success-rate.ts';
import { timesToPay } from './read-time-to-pay.ts';
import { byDay, Count, centsOf, countsSql, type Days, type DaysInput, daysAsked } from './report-days.ts';

const COLUMNS = [
  ...[
    'on',
    'received',
    'movements',
    'unproved',
    'missed',
    'recovered',
    'paymentsCreated',
    'paymentsPaid',
    'paidAmount',
    'ofCreatedPercent',
  ],
  ...['promptsAccepted', 'promptsPaid', 'ofAcceptedPercent', 'promptsFailed', 'medianSeconds', 'p95Seconds'],
  ...['revenue', 'vat', 'paidOut', 'payouts', 'sms', 'emails'],
];

/** For each day in Nairobi all that the other reports tell, in one line. Throws `invalid_input`. */
export async function readDailySummary(
  { db, clock, config }: Pick<App, 'db' | 'clock' | 'config'>,
  { format, ...asked }: z.output<typeof DaysInput>,
) {
  const { from, to } = daysAsked(asked, clock.now());
  const days = await summaries({ db, config }, { from, to });
  if (format === 'csv') return new Sheet(`summary-${from}-${to}.csv`, COLUMNS, days);
  return { from, to, days };
}

/** The summaries of the days on which there is something. */
export async function summaries({ db, config }: Pick<App, 'db' | 'config'>, asked: Days) {
  const { from, to } = asked;
  const counts = await readRows(
    db,
    Count,
    sql`
    ${countsSql(['payments', 'prompts', 'failures', 'movements', 'seconds'], asked)}
    union all select e.day, 'earned', e.account, 0, e.cents from (${earnedSql(asked)}) e
    union all select l.day::text, 'paid_out', l.kind, l.transfers, l.amount_cents from ledger_days l
      where l.day between ${from}::date and ${to}::date and l.kind in ('payout_paid', 'payout_late')
    union all select s.day::text, 'sent', s.channel, s.messages, s.parts from sent_days s where s.day between ${from}::date and ${to}::date`,
  );
  return byDay(counts).map(({ on, rows }) => summary(on, rows, ownShortcodes(config)));
}

function summary(on: Day, counts: readonly Count[], shortcodes: readonly string[]) {
  const { movements: moved, amount, unproved, missed, recovered } = tell(movements(counts, shortcodes));
  const { total, vat } = earned(counts.filter(({ figure }) => figure === 'earned').map(({ key, ...row }) => ({ ...row, account: key })));
  const { medianSeconds, p95Seconds } = timesToPay(counts);
  const isPaid = (key: string) => key.endsWith(':paid') || key.endsWith(':refunded');
  const many = (figure: string, key?: string) =>
    counts.filter((count) => count.figure === figure && (key ?? count.key) === count.key).reduce((sum, count) => sum + count.many, 0);
  return {
    ...{ on, received: amount, movements: moved, unproved, missed, recovered },
    ...rates(counts),
    ...{ paidAmount: shillings(centsOf(counts, 'payments', isPaid)), promptsFailed: failures(counts).failed, medianSeconds, p95Seconds },
    ...{ revenue: total, vat, paidOut: shillings(centsOf(counts, 'paid_out')), payouts: many('paid_out') },
    ...{ sms: many('sent', 'sms'), emails: many('sent', 'email'), failures: failures(counts).reasons },
  };
}

/** What a day was like. */
export type Summary = ReturnType<typeof summary>;
