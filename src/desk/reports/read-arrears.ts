import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import { divideUp, shillings } from '#ground/money/cents.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';

/** SASRA's classes of loans, by how many days the oldest unpaid instalment is late. */
const CLASSES = [
  { name: 'performing', fromDays: 0 },
  { name: 'watch', fromDays: 1 },
  { name: 'substandard', fromDays: 31 },
  { name: 'doubtful', fromDays: 91 },
  { name: 'loss', fromDays: 181 },
] as const;

const CSV_COLUMNS = ['class', 'fromDays', 'loans', 'principal', 'overdue', 'penalties'];

/** More days late than these put the whole balance of a loan at risk. */
const AT_RISK_AFTER_DAYS = [0, 30, 90] as const;

export const ArrearsInput = z.strictObject({ format: z.enum(['json', 'csv']).default('json') });

const Row = z.object({
  lateDays: z.number(),
  loans: z.number(),
  principalCents: bigintText,
  overdueCents: bigintText,
  penaltyCents: bigintText,
});
type Row = z.output<typeof Row>;

/**
 * How the active loans stand today in Nairobi. By class: their number, unpaid principal, overdue amount and unpaid penalties, in shillings. The portfolio at
 * risk: the share of all unpaid principal that belongs to loans more than 0, 30 and 90 days late. CSV has only the classes.
 */
export async function readArrears({ db, clock }: Pick<App, 'db' | 'clock'>, { format }: z.output<typeof ArrearsInput>) {
  const asOf = nairobiDay(clock.now());
  const rows = await readRows(db, Row, arrearsSql(asOf));
  const classes = CLASSES.map(({ name, fromDays }, at) => {
    const within = rows.filter(({ lateDays }) => lateDays >= fromDays && lateDays < (CLASSES[at + 1]?.fromDays ?? Infinity));
    return { class: name, fromDays, loans: within.reduce((sum, { loans }) => sum + loans, 0), ...amounts(within) };
  });
  if (format === 'csv') return new Sheet(`arrears-${asOf}.csv`, CSV_COLUMNS, classes);
  const total = { loans: rows.reduce((sum, { loans }) => sum + loans, 0), ...amounts(rows) };
  const portfolioAtRisk = AT_RISK_AFTER_DAYS.map((days) => atRisk(rows, days));
  return { asOf, classes, total, portfolioAtRisk };
}

/** Sums over the loans that are late by the same number of days. */
const arrearsSql = (asOf: string): SQL => sql`
  with owed as (
    select i.loan_id, coalesce(${asOf}::date - min(i.due_on) filter (where i.unpaid_cents > 0 and i.due_on < ${asOf}::date), 0) as late_days,
      sum(i.principal_cents - i.paid_principal_cents) as principal, coalesce(sum(i.unpaid_cents) filter (where i.due_on < ${asOf}::date), 0) as overdue
    from loans l join instalments i on i.loan_id = l.id where l.state = 'active' group by i.loan_id
  ), penalised as (
    select p.loan_id, sum(p.amount_cents - p.paid_cents - p.waived_cents) as penalty from penalties p
    where p.amount_cents > p.paid_cents + p.waived_cents group by p.loan_id
  )
  select late_days, count(*)::int as loans, sum(principal)::bigint as principal_cents, sum(overdue)::bigint as overdue_cents,
    coalesce(sum(penalty), 0)::bigint as penalty_cents
  from owed left join penalised using (loan_id) group by late_days`;

function amounts(rows: Row[]) {
  const sum = (pick: (row: Row) => bigint) => shillings(rows.reduce((total, row) => total + pick(row), 0n));
  return {
    principal: sum((row) => row.principalCents),
    overdue: sum((row) => row.overdueCents),
    penalties: sum((row) => row.penaltyCents),
  };
}

/** Percent with two decimals, rounded up, so that a risk never looks like none. */
function atRisk(rows: Row[], lateForMoreThan: number) {
  const late = rows.filter(({ lateDays }) => lateDays > lateForMoreThan);
  const cents = (of: Row[]) => of.reduce((sum, { principalCents }) => sum + principalCents, 0n);
  const [risky, all] = [cents(late), cents(rows)];
  return {
    lateForMoreThanDays: lateForMoreThan,
    principal: shillings(risky),
    percent: all === 0n ? 0 : Number(divideUp(risky * 10_000n, all)) / 100,
  };
}
