import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { memberNumber } from '#sacco/members/member-number.ts';
import { type EventObjects, idsSql, printed, VERSION, Versioned } from './event-object.ts';

const Row = Versioned.extend({
  loanId: z.uuid(),
  reference: z.string(),
  state: z.string(),
  principalCents: bigintText,
  owedCents: bigintText,
  memberId: z.uuid(),
  memberNumber: z.number(),
  appliedAt: instant,
  disbursedOn: z.string().nullable(),
  closedAt: instant.nullable(),
});

const LOAN: SQL = sql`l.id as loan_id, l.reference, l.state, l.principal_cents, l.member_id, m.number as member_number, l.applied_at, l.disbursed_on::text, l.closed_at,
  (select coalesce(sum(i.unpaid_cents), 0) from instalments i where i.loan_id = l.id)
    + (select coalesce(sum(n.amount_cents - n.paid_cents - n.waived_cents), 0) from penalties n where n.loan_id = l.id) as owed_cents`;

const presentLoan = (row: z.output<typeof Row>) => ({
  ...{ object: 'loan', loanId: row.loanId, reference: row.reference, state: row.state, principal: shillings(row.principalCents) },
  ...{ outstanding: shillings(row.owedCents), memberId: row.memberId, memberNumber: memberNumber(row.memberNumber) },
  ...{ appliedAt: printed(row.appliedAt), disbursedOn: row.disbursedOn, closedAt: printed(row.closedAt) },
});

/** A loan, with all that its schedule and its penalties still ask for. */
export const loanObjects: EventObjects = {
  select: (ids) => sql`select ${VERSION}, l.id, ${LOAN} from loans l join members m on m.id = l.member_id where l.id = ${idsSql(ids)}`,
  read: (rows) => rowsOf(Row, rows).map((row) => ({ id: row.id, version: row.version, state: presentLoan(row) })),
};

const Repayment = Row.extend({ amountCents: bigintText, receivedAt: instant, reversedAt: instant.nullable() });

/** The loan of a repayment, with the repayment. */
export const repaymentObjects: EventObjects = {
  select: (ids) => sql`
    select ${VERSION}, r.id, r.amount_cents, r.received_at, r.reversed_at, ${LOAN}
    from repayments r join loans l on l.id = r.loan_id join members m on m.id = l.member_id where r.id = ${idsSql(ids)}`,
  read: (rows) =>
    rowsOf(Repayment, rows).map((row) => {
      const { id: repaymentId, amountCents, receivedAt, reversedAt } = row;
      const repayment = { repaymentId, amount: shillings(amountCents), receivedAt: printed(receivedAt), reversedAt: printed(reversedAt) };
      return { id: row.id, version: row.version, state: { ...presentLoan(row), repayment } };
    }),
};
