import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { Sheet } from '#ground/answers.ts';
import { bigintText, readRows } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { byDay, type Days, type DaysInput, daysAsked } from './report-days.ts';

/** The kinds of revenue, each an account of the ledger. What was given back of sales is a kind of its own, below zero. */
const KINDS = {
  sales: ACCOUNTS.sales,
  counterSales: ACCOUNTS.counterSales,
  donations: ACCOUNTS.donations,
  bookingFees: ACCOUNTS.bookingFees,
  loanInterest: ACCOUNTS.loanInterest,
  loanFees: ACCOUNTS.loanFees,
  loanPenalties: ACCOUNTS.loanPenalties,
  rounding: ACCOUNTS.rounding,
  givenBack: ACCOUNTS.refunds,
} as const;

const NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];
const COLUMNS = ['on', ...NAMES, 'total', 'vat'];

const DEFINITION =
  'What was earned, without VAT, by the day in Nairobi on which it was booked, as the ledger has it: credits less debits of the income accounts, and what credit notes gave back. Money that is found or corrected later is booked on the day on which that happens.';

const Row = z.object({ day: z.string(), account: z.string(), cents: bigintText });
type Row = z.output<typeof Row>;

/** For each day in Nairobi what was earned, by kind, and the VAT in it. Throws `invalid_input`. */
export async function readRevenue({ db, clock }: Pick<App, 'db' | 'clock'>, { format, ...asked }: z.output<typeof DaysInput>) {
  const { from, to } = daysAsked(asked, clock.now());
  const rows = await readRows(db, Row, earnedSql({ from, to }));
  const days = byDay(rows).map(({ on, rows: ofDay }) => ({ on, ...earned(ofDay) }));
  if (format === 'csv') return new Sheet(`revenue-${from}-${to}.csv`, COLUMNS, days);
  return { from, to, definition: DEFINITION, days, total: earned(rows) };
}

/** What each account of income, and of VAT, gained on each of some days: credits less debits. */
export const earnedSql = ({ from, to }: Days): SQL => sql`
  select l.day::text as day, side.account, sum(side.cents)::bigint as cents
  from ledger_days l cross join lateral (values (l.credit, l.amount_cents), (l.debit, -l.amount_cents)) as side(account, cents)
  where l.day between ${from}::date and ${to}::date and side.account = any(${sql.param([...Object.values(KINDS), ACCOUNTS.vatPayable])}::text[])
  group by 1, 2`;

/** The kinds, their total and the VAT, in shillings. */
export function earned(rows: readonly Row[]) {
  const of = (account: string) => rows.filter((row) => row.account === account).reduce((sum, { cents }) => sum + cents, 0n);
  const kinds = NAMES.map((name) => [name, of(KINDS[name])] as const);
  return {
    ...(Object.fromEntries(kinds.map(([name, cents]) => [name, shillings(cents)])) as Record<keyof typeof KINDS, number>),
    total: shillings(kinds.reduce((sum, [, cents]) => sum + cents, 0n)),
    vat: shillings(of(ACCOUNTS.vatPayable)),
  };
}
