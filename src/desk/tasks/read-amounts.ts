import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { TOLD_WAITS } from '#mpesa/payments/told-waits.ts';
import { DEPOSIT_STATE, DEPOSIT_WAITING } from '../deposits/list-deposits.ts';
import type { SubjectType } from './subjects.ts';

const WHATS = ['deposit', 'payment', 'payout', 'loan'] as const;

const Row = z.object({
  what: z.enum(WHATS),
  id: z.uuid(),
  reference: z.string().nullable(),
  cents: bigintText,
  waitingCents: bigintText.nullable(),
  receipt: z.string().nullable(),
  proved: z.boolean().nullable(),
  state: z.string().nullable(),
});

/** Money that a task is about: what it is, its id there, how much of it there is, and how much waits for a person or its owner. */
export type Amount = ReturnType<typeof present>;

const depositsSql = (which: SQL): SQL => sql`
  select 'deposit' as what, d.id, p.reference, d.amount_cents as cents, ${DEPOSIT_WAITING} as waiting_cents, d.receipt, d.confirmed_at is not null as proved, ${DEPOSIT_STATE} as state
  from deposits d left join payments p on p.id = d.payment_id where ${which}`;

const paymentsSql = (which: SQL): SQL => sql`
  select 'payment', p.id, p.reference, p.amount_cents, null::bigint, d.receipt, d.confirmed_at is not null, case when ${TOLD_WAITS} then 'unknown' else p.state end
  from payments p left join deposits d on d.id = p.counted_deposit_id where ${which}`;

/** Of a payout, or of the one part of it that was named. */
const payoutsSql = (which: SQL): SQL => sql`
  select 'payout', o.id, o.reference, coalesce(w.amount_cents, o.amount_cents), null::bigint, w.receipt, null::boolean, coalesce(w.state, o.state)
  from payouts o left join withdrawals w on w.payout_id = o.id and (${which}) where o.id in (select payout_id from withdrawals w where ${which})`;

const READERS: Partial<Record<SubjectType, (id: string) => SQL>> = {
  deposit: (id) => depositsSql(sql`d.id = ${id}::uuid`),
  attempt: (id) =>
    sql`${depositsSql(sql`d.attempt_id = ${id}::uuid`)} union all ${paymentsSql(
      sql`p.id = (select a.payment_id from attempts a where a.id = ${id}::uuid)`,
    )}`,
  payment: (id) => paymentsSql(sql`p.id = ${id}::uuid`),
  booking: (id) => paymentsSql(sql`p.id = ${id}::uuid`),
  receipt: (id) => sql`${depositsSql(sql`d.receipt = ${id}`)} union all ${payoutsSql(sql`w.receipt = ${id}`)}`,
  payout: (id) => sql`${payoutsSql(sql`w.id = ${id}::uuid`)} union all
    select 'payout', o.id, o.reference, o.amount_cents, null::bigint, null, null::boolean, o.state from payouts o where o.id = ${id}::uuid union all
    ${depositsSql(sql`d.id = (select coalesce(o.deposit_id, o.subject_id) from payouts o where o.id = coalesce((select w.payout_id from withdrawals w where w.id = ${id}::uuid), ${id}::uuid))`)}`,
  loan: (id) =>
    sql`select 'loan', l.id, l.reference, l.principal_cents, null::bigint, null, null::boolean, l.state from loans l where l.id = ${id}::uuid`,
};

const EMPTY = sql`select null::text as what, null::uuid as id, null::text as reference, null::bigint as cents, null::bigint as waiting_cents, null::text as receipt, null::boolean as proved, null::text as state where false`;

/** A statement that reads the amounts of a subject, where there is money in it. */
export function amountsSql(types: SubjectType[], subject: string): SQL | undefined {
  const parts = types.flatMap((type) => READERS[type]?.(subject) ?? []);
  return parts.length === 0 ? undefined : sql.join([EMPTY, ...parts], sql` union all `);
}

/** What it has read. */
export const amountsOf = (rows: readonly unknown[] | undefined): Amount[] => rowsOf(Row, rows).map(present);

const present = ({ cents, waitingCents, ...row }: z.output<typeof Row>) => ({
  ...row,
  amount: shillings(cents),
  waiting: waitingCents === null ? null : shillings(waitingCents),
});
