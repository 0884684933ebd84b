import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { listInput, readPage } from '#ground/db/page.ts';
import { Cursor, printCursor } from '#ground/db/page-cursor.ts';
import { bigintText, decrypted, instant } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { type Day, nairobiDay } from '#ground/time/nairobi.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { memberNumber } from '../members/member-number.ts';
import type { LoanHistory } from './math/terms.ts';
import { presentDue } from './present-standing.ts';
import { readHistories } from './read-history.ts';
import { SHOWN_STATES, shownStateSql } from './shown-state.ts';
import { visibleLoans } from './visible-loans.ts';

/** Filters: state, member, an instalment overdue today, or the caller's own loans. */
export const ListLoansInput = listInput(
  {
    state: z.enum(SHOWN_STATES).optional(),
    memberId: z.uuid().optional(),
    overdue: z.stringbool().default(false),
    mine: z.stringbool().default(false),
    cursor: Cursor.optional(),
  },
  200,
);
type ListLoansInput = z.output<typeof ListLoansInput>;

const Row = z.object({
  id: z.uuid(),
  reference: z.string(),
  state: z.enum(SHOWN_STATES),
  productCode: z.string(),
  productName: z.string(),
  principalCents: bigintText,
  appliedAt: instant,
  disbursedOn: z.string().nullable(),
  memberId: z.uuid(),
  number: z.number(),
  name: decrypted('name'),
});

/**
 * Loans and what is due on them now, newest application first, in keyset pages: a member sees their own, staff see all. Two round trips.
 */
export async function listLoans({ db, clock }: Pick<App, 'db' | 'clock'>, input: ListLoansInput, { caller }: Call) {
  const today = nairobiDay(clock.now());
  const seen = input.mine ? { ...caller, scopes: [] } : caller;
  const wanted = [visibleLoans(seen), ...conditions(input, today)];
  const from = sql`from loans l join loan_products p on p.id = l.product_id join members m on m.id = l.member_id join people on people.id = m.person_id`;
  const { rows, hasMore, totals } = await readPage(db, Row, input, {
    list: sql`
    select l.id, l.reference, ${shownStateSql} as state, p.code as product_code, p.name as product_name, l.principal_cents, l.applied_at,
      l.disbursed_on::text, m.id as member_id, m.number, people.name
    ${from} where ${sql.join([...wanted, after(input)], sql` and `)}
    order by l.applied_at desc, l.id desc`,
    all: sql`${from} where ${sql.join(wanted, sql` and `)}`,
  });
  const active = rows.filter(({ state }) => state === 'active').map(({ id }) => id);
  const histories = active.length > 0 ? await readHistories(db, active) : new Map<string, LoanHistory>();
  const isStaff = seen.scopes.includes('loans:read');
  const last = rows.at(-1);
  return {
    loans: rows.map((row) => presentLoan(row, histories.get(row.id), today, isStaff)),
    nextCursor: hasMore && last ? printCursor({ createdAt: last.appliedAt, id: last.id }) : null,
    ...totals,
  };
}

function presentLoan(row: z.output<typeof Row>, history: LoanHistory | undefined, today: Day, isStaff: boolean) {
  const { id, name, number, memberId, principalCents, productCode, productName, ...shown } = row;
  return {
    ...{ loanId: id, ...shown, product: { code: productCode, name: productName }, amount: shillings(principalCents) },
    ...(history && presentDue(history, today)),
    ...(isStaff && { member: { memberId, number: memberNumber(number), name } }),
  };
}

const after = ({ cursor }: ListLoansInput): SQL =>
  cursor ? sql`(l.applied_at, l.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`;

function conditions({ state, memberId, overdue }: ListLoansInput, today: Day): SQL[] {
  const wanted = [
    state && sql`l.state = ${state === 'closing' ? 'closed' : state}`,
    (state === 'closing' || state === 'closed') && sql`${shownStateSql} = ${state}`,
    memberId && sql`l.member_id = ${memberId}::uuid`,
    overdue &&
      sql`l.state = 'active' and exists (select from instalments i where i.loan_id = l.id and i.unpaid_cents > 0 and i.due_on < ${today}::date)`,
  ];
  return wanted.filter((condition) => typeof condition === 'object');
}
