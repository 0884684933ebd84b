import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, rowsOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { TOLD_WAITS } from '#mpesa/payments/told-waits.ts';
import { DEPOSIT_STATE, DEPOSIT_WAITING } from '../deposits/list-deposits.ts';
import { owedSql } from '../deposits/owed.ts';
import type { SubjectType } from './subjects.ts';

const WHATS = ['deposit', 'payment', 'payout', 'loan', 'statement', 'entry'] as const;

/** Of many lines or movements a task shows the first. */
const MOST = 20;

/** The kinds that say that somebody owes us, or that we owe them what they gave back. */
const OWED = ['taken_back_short', 'refund_exceeds_payment', 'loan_paid_twice', 'debt_overpaid'];

const Row = z.object({
  what: z.enum(WHATS),
  id: z.uuid(),
  reference: z.string().nullable(),
  cents: bigintText,
  waitingCents: bigintText.nullable(),
  receipt: z.string().nullable(),
  proved: z.boolean().nullable(),
  state: z.string().nullable(),
  at: instant.nullable(),
  sameAs: z.uuid().nullable(),
  owedCents: bigintText.nullable(),
});

/**
 * Money that a task is about: what it is, its id there, how much of it there is, and how much waits for a person or its owner. `sameAs` is the money that turned out
 * to be the same movement, `owed` what somebody still owes us under it, below zero what we owe them. A line of a signed statement has the statement's id.
 */
export type Amount = ReturnType<typeof present>;

const depositsSql = (which: SQL): SQL => sql`
  select 'deposit' as what, d.id, p.reference, d.amount_cents as cents, ${DEPOSIT_WAITING} as waiting_cents, d.receipt, d.confirmed_at is not null as proved, ${DEPOSIT_STATE} as state,
    coalesce(d.moved_at, d.settled_at) as at, d.merged_into as same_as
  from deposits d left join payments p on p.id = d.payment_id where ${which}`;

const paymentsSql = (which: SQL): SQL => sql`
  select 'payment', p.id, p.reference, p.amount_cents, null::bigint, d.receipt, d.confirmed_at is not null, case when ${TOLD_WAITS} then 'unknown' else p.state end, null::timestamptz, null::uuid
  from payments p left join deposits d on d.id = p.counted_deposit_id where ${which}`;

/** Of a payout, or of the one part of it that was named. */
const payoutsSql = (which: SQL): SQL => sql`
  select 'payout', o.id, o.reference, coalesce(w.amount_cents, o.amount_cents), null::bigint, w.receipt, null::boolean, coalesce(w.state, o.state), null::timestamptz, null::uuid
  from payouts o left join withdrawals w on w.payout_id = o.id and (${which}) where o.id in (select payout_id from withdrawals w where ${which})`;

/** Payouts that wait to be approved. */
const waitingSql = (which: SQL): SQL => sql`
  select 'payout', o.id, o.reference, o.amount_cents, null::bigint, null, null::boolean, o.state, null::timestamptz, null::uuid from payouts o where o.state = 'requested' and ${which}`;

/** What left by a line of a signed statement. */
const linesSql = (receipt: string): SQL => sql`
  (select 'statement', s.id, null, l.amount_cents, null::bigint, l.receipt, true, l.kind, l.completed_at, null::uuid
  from statement_lines l join statements s on s.id = l.statement_id where l.receipt = ${receipt} and l.direction = 'out' and l.kind <> 'charge' and s.state = 'done'
  order by s.id limit 1)`;

/** How much of a payment left again, by the lines of signed statements that name it. One that bears its own M-PESA code is in `linesSql`. */
const reversedSql = (receipt: string): SQL => sql`
  (select distinct on (l.receipt, l.completed_at, l.amount_cents) 'statement', s.id, null, l.amount_cents, null::bigint, l.receipt, true, l.kind, l.completed_at, null::uuid
  from statement_lines l join statements s on s.id = l.statement_id
  where l.linked_receipt = ${receipt} and l.receipt <> ${receipt} and l.finding = 'reversed' and l.direction = 'out' and s.state in ('signed', 'done')
  order by l.receipt, l.completed_at, l.amount_cents, s.id limit ${MOST})`;

/** Lines of a statement with one finding, that brought money or took it. */
const findingSql = (finding: string, direction: 'in' | 'out') => (id: string) =>
  sql`
  (select 'statement', l.statement_id, null, l.amount_cents, null::bigint, l.receipt, null::boolean, l.kind, l.completed_at, null::uuid
  from statement_lines l where l.statement_id = (select s.id from statements s where s.id::text = ${id}) and l.finding = ${finding} and l.direction = ${direction} order by l.n limit ${MOST})`;

/** The proved money that a signed statement lacks, as long as that counts (end-statement.sql, misses_1). */
const missingSql = (id: string): SQL => sql`
  (select case a.direction when 'in' then 'deposit' else 'payout' end, coalesce(w.payout_id, a.movement_id), coalesce(p.reference, o.reference), a.amount_cents, null::bigint,
    coalesce(a.receipt, w.receipt), true, null, a.moved_at, null::uuid
  from statement_absences a join statements s on s.id = a.statement_id left join deposits d on d.id = a.movement_id left join payments p on p.id = d.payment_id
    left join withdrawals w on w.id = a.movement_id left join payouts o on o.id = w.payout_id
  where s.id = ${id}::uuid and a.proved
    and (a.direction = 'out' or d.merged_into is null and d.taken_back_at is null and d.receipt is not distinct from a.receipt and d.shortcode = s.shortcode)
  order by a.moved_at, a.movement_id limit ${MOST})`;

/** The line of a signed statement that could not be settled. */
const failedSql = (receipt: string): SQL => sql`
  (select 'statement', s.id, null, l.amount_cents, null::bigint, l.receipt, null::boolean, l.kind, l.completed_at, null::uuid
  from statement_lines l join statements s on s.id = l.statement_id where l.receipt = ${receipt} and l.verdict = 'failed' order by s.id desc limit 1)`;

/** The line of a signed statement that may be a part of the payout. */
const unresolvedSql = (id: string): SQL => sql`
  (select 'statement', s.id, null, l.amount_cents, null::bigint, l.receipt, null::boolean, l.kind, l.completed_at, null::uuid
  from statement_lines l join statements s on s.id = l.statement_id where l.finding = 'unresolved' and s.state in ('signed', 'done')
    and l.movement_id in (select ${id}::uuid union select w.id from withdrawals w where w.payout_id = ${id}::uuid) order by s.id desc limit 1)`;

/** What a person has entered about an M-PESA code, and a second one has not decided. */
const entriesSql = (receipt: string): SQL => sql`
  select 'entry', e.id, null, e.amount_cents, null::bigint, e.receipt, null::boolean, e.state, e.occurred_at, null::uuid from float_entries e
  where e.receipt = ${receipt} and e.state = 'asked'`;

/** The money that people have matched to a debt to us. */
const repaidSql = (id: string): SQL =>
  depositsSql(sql`d.id in (select m.deposit_id from matches m
  where m.standing_reference = 'receivable:' || ${id}::text and not exists (select from unmatches u where u.id = m.id))`);

/** What one kind of task is about beside its subject. */
const BESIDE: Record<string, (id: string) => SQL> = {
  debt_overpaid: repaidSql,
  statement_line_failed: failedSql,
  payout_on_statement: unresolvedSql,
  statement_money_out: (id) => sql`${entriesSql(id)} union all ${findingSql('missing_here', 'out')(id)}`,
  statement_reversed: (id) => sql`${entriesSql(id)} union all ${reversedSql(id)}`,
  statement_amount_differs: (id) => sql`${findingSql('amount_differs', 'in')(id)} union all ${findingSql('amount_differs', 'out')(id)}`,
  statement_line_unknown: findingSql('missing_here', 'in'),
  statement_missing_there: missingSql,
};

const WITH_BESIDE: readonly SubjectType[] = ['receipt', 'payout', 'deposit', 'loan', 'statement'];

/** The payout, by its id or that of a part. */
const ofPart = (id: string): SQL => sql`coalesce((select w.payout_id from withdrawals w where w.id = ${id}::uuid), ${id}::uuid)`;

const READERS: Partial<Record<SubjectType, (id: string) => SQL>> = {
  deposit: (id) => sql`${depositsSql(sql`d.id = ${id}::uuid`)} union all ${waitingSql(sql`o.subject_id = ${id}::uuid`)}`,
  attempt: (id) =>
    sql`${depositsSql(sql`d.attempt_id = ${id}::uuid`)} union all ${paymentsSql(
      sql`p.id = (select a.payment_id from attempts a where a.id = ${id}::uuid)`,
    )}`,
  payment: (id) => paymentsSql(sql`p.id = ${id}::uuid`),
  booking: (id) => sql`${paymentsSql(sql`p.id = ${id}::uuid`)} union all ${waitingSql(sql`o.subject_id = ${id}::uuid`)}`,
  receipt: (id) => sql`${depositsSql(sql`d.receipt = ${id}`)} union all ${payoutsSql(sql`w.receipt = ${id}`)} union all ${linesSql(id)}`,
  payout: (id) => sql`${payoutsSql(sql`w.id = ${id}::uuid`)} union all
    select 'payout', o.id, o.reference, o.amount_cents, null::bigint, null, null::boolean, o.state, null::timestamptz, null::uuid from payouts o where o.id = ${id}::uuid union all
    ${waitingSql(sql`o.id <> ${ofPart(id)} and exists (select from payouts x where x.id = ${ofPart(id)}
      and (o.subject_id in (x.subject_id, x.deposit_id) or x.subject_id is null and o.subject_id is null and o.phone_hash = x.phone_hash))`)} union all
    ${depositsSql(sql`d.id = (select coalesce(o.deposit_id, o.subject_id) from payouts o where o.id = ${ofPart(id)})`)}`,
  loan: (id) =>
    sql`select 'loan', l.id, l.reference, l.principal_cents, null::bigint, null, null::boolean, l.state, null::timestamptz, null::uuid from loans l where l.id = ${id}::uuid`,
};

const EMPTY = sql`select null::text as what, null::uuid as id, null::text as reference, null::bigint as cents, null::bigint as waiting_cents, null::text as receipt, null::boolean as proved, null::text as state, null::timestamptz as at, null::uuid as same_as where false`;

/** A statement that reads the amounts of a subject, where there is money in it. */
export function amountsSql(kind: string, types: SubjectType[], subject: string): SQL | undefined {
  const parts = types.flatMap((type) => READERS[type]?.(subject) ?? []);
  const beside = types.some((type) => WITH_BESIDE.includes(type)) ? [BESIDE[kind]?.(subject) ?? []].flat() : [];
  if (parts.length + beside.length === 0) return undefined;
  const owed = OWED.includes(kind) ? sql`case when a.id = ${subject}::uuid then ${owedSql(subject)} end` : sql`null::bigint`;
  return sql`select a.*, ${owed} as owed_cents from (${sql.join([EMPTY, ...parts].concat(beside), sql` union all `)}) a`;
}

/** What it has read. */
export const amountsOf = (rows: readonly unknown[] | undefined): Amount[] => rowsOf(Row, rows).map(present);

const present = ({ cents, waitingCents, owedCents, at, ...row }: z.output<typeof Row>) => ({
  ...row,
  lostReceipt: null as string | null,
  amount: shillings(cents),
  waiting: waitingCents === null ? null : shillings(waitingCents),
  owed: owedCents === null ? null : shillings(owedCents),
  at: at?.toISOString() ?? null,
});

/** The amounts, with the M-PESA code that each of them had and lost to other money. `codes` are those that notices named for it. */
export const withLostReceipts = (amounts: Amount[], codes: readonly string[]): Amount[] =>
  amounts.map((amount) =>
    amount.what === 'deposit' &&
    amount.receipt === null &&
    (amount.sameAs !== null || amount.state === 'taken_back' || amount.proved === false)
      ? { ...amount, lostReceipt: codes[0] ?? null }
      : amount,
  );
