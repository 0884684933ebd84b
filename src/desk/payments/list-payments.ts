import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { Sheet } from '#ground/answers.ts';
import type { Caller } from '#ground/call.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { readPage } from '#ground/db/page.ts';
import { printCursor } from '#ground/db/page-cursor.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { HistoryInput } from '#mpesa/payments/history-input.ts';
import { TOLD_WAITS } from '#mpesa/payments/told-waits.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { PAYMENT_COLUMNS, PAYMENT_TABLES, PaymentRow, presentPayment } from './present-payment.ts';

const CSV_COLUMNS = [
  'paymentId',
  'createdAt',
  'completedAt',
  'type',
  'status',
  'amount',
  'maskedPhone',
  'reference',
  'mpesaReceiptNumber',
  'proved',
  'failureReason',
  'externalReference',
  'caller',
  'metadata',
  'refundedAmount',
];

/**
 * The history of payments, newest first, in keyset pages: a deep page costs no more than the first. JSON with `nextCursor`, or one page as
 * CSV. For earlier clients also in numbered pages with totals, as all lists (ground/db/page.ts). Callers who may not read all payments see those of their own verified number, whatever number they ask for.
 */
export async function listPayments({ db, clock }: Pick<App, 'db' | 'clock'>, input: HistoryInput, { caller }: { caller: Caller }) {
  const wanted = [visible(caller, input), ...conditions(input, clock.now())];
  const { rows, hasMore, totals } = await readPage(db, PaymentRow.extend({ caller: z.string() }), input, {
    list: sql`select p.caller, ${PAYMENT_COLUMNS} where ${sql.join([...wanted, after(input)], sql` and `)} order by p.created_at desc, p.id desc`,
    all: sql`${PAYMENT_TABLES} where ${sql.join(wanted, sql` and `)}`,
  });
  const seesCallers = caller.scopes.includes('payments:read');
  const payments = rows.map((row) => ({ ...presentPayment(row, clock.now()), ...(seesCallers && { caller: shownCaller(row.caller) }) }));
  const last = rows.at(-1);
  const nextCursor = hasMore && last ? printCursor(last) : null;
  if (input.format === 'json') return { payments, nextCursor, ...totals };
  const lines = payments.map((payment) => ({ ...payment, metadata: payment.metadata && JSON.stringify(payment.metadata) }));
  return new Sheet('payments.csv', CSV_COLUMNS, lines, nextCursor);
}

function visible({ scopes, person }: Caller, { phoneNumber }: HistoryInput): SQL {
  if (!scopes.includes('payments:read')) return person ? sql`p.phone_hash = ${person.phoneHash}` : sql`false`;
  return phoneNumber ? sql`p.phone_hash = ${lookupHash(phoneNumber)}` : sql`true`;
}

/**
 * Who made a payment and its external reference: a visitor, a customer (without the hash of their phone), or the id of an API key or a
 * person.
 */
const shownCaller = (caller: string): string => (caller === 'public' ? 'visitor' : caller.startsWith('phone:') ? 'customer' : caller);

function conditions(input: HistoryInput, now: Date): SQL[] {
  const nairobiDay = (day: string, add: number) => sql`((${day}::date + ${add}::int)::timestamp at time zone 'Africa/Nairobi')`;
  const wanted: (SQL | undefined)[] = [
    input.status && isShownAs(input.status, now),
    input.type && sql`p.purpose = ${input.type}`,
    input.email && sql`p.email_hash = ${lookupHash(input.email)}`,
    input.receipt && paidBy(input.receipt),
    input.externalReference && sql`p.external_reference = ${input.externalReference}`,
    input.attemptId && sql`p.id = (select a.payment_id from attempts a where a.id = ${input.attemptId}::uuid)`,
    input.caller && sql`p.caller = ${input.caller === 'visitor' ? 'public' : input.caller}`,
    input.from && sql`p.created_at >= ${nairobiDay(input.from, 0)}`,
    input.to && sql`p.created_at < ${nairobiDay(input.to, 1)}`,
  ].map((condition) => condition || undefined);
  return wanted.filter((condition) => condition !== undefined);
}

const after = ({ cursor }: HistoryInput): SQL =>
  cursor ? sql`(p.created_at, p.id) < (${cursor.createdAt}::timestamptz, ${cursor.id}::uuid)` : sql`true`;

/**
 * Filters by the status that is shown (present-payment.ts), which may differ from the stored one. Open payments are always few: they have an open prompt, a
 * booking that waits for its fee, or told money that waits for proof. The status is in no index, since settling a payment would then write to every index; rare
 * endings have a column of their own.
 */
function isShownAs(status: HistoryInput['status'], now: Date): SQL {
  if (status === 'reversed' || status === 'refunded') return sql`p.rare_state = ${status}`;
  if (status === 'expired') return sql`p.rare_state = ${status} and not ${TOLD_WAITS}`;
  if (status === 'failed') return sql`p.state = ${status} and not ${TOLD_WAITS}`;
  if (status === 'paid') return sql`p.state = ${status}`;
  const open = sql`p.id = any(array(
    select a.payment_id from attempts a where a.state in ('requested', 'pending', 'unknown') union all select b.id from bookings b where b.state = 'created'
    union all select h.payment_id from deposits h where h.held_until = 'infinity' and h.allocated_at is null))`;
  const unanswered = sql`p.state = 'pending' and l.live_until <= ${instantSql(now)}`;
  return sql`${open} and case when ${TOLD_WAITS} or ${unanswered} then 'unknown' else p.state end = ${status}`;
}

/** The payment of a receipt, and those that a person matched its money to. */
const paidBy = (receipt: string): SQL => sql`p.id in (
  select d.payment_id from deposits d where d.receipt = ${receipt}
  union all select m.payment_id from matches m join deposits d on d.id = m.deposit_id where d.receipt = ${receipt})`;
