import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { App } from '../app.ts';
import type { Reply } from '../call.ts';
import { bigintText, decrypted, instant, readRows } from '../db/rows.ts';
import { shillings } from '../money/cents.ts';
import { maskPayer } from '../payments/mask-payer.ts';
import { leftInSuspenseSql, surplusLeftSql } from './left-in-suspense.ts';
import { suggestTargets } from './suggest-targets.ts';

const STATES = ['suspense', 'surplus', 'unconfirmed'] as const;

/** Which deposits: those that wait in suspense, those of which something is owed back, or those whose receipt is not proved yet. Newest first, those before `before`. */
export const ListDepositsInput = z.strictObject({
  state: z.enum(STATES).default('suspense'),
  limit: z.coerce.number().int().min(1).max(100).default(50),
  before: z.uuid().optional(),
});

const Row = z.object({
  id: z.uuid(),
  source: z.string(),
  amountCents: bigintText,
  waitingCents: bigintText,
  receipt: z.string().nullable(),
  typedReference: decrypted('typed_reference').nullable(),
  payerName: decrypted('payer_name').nullable(),
  payerPhone: decrypted('payer_phone').nullable(),
  payerTail: z.string().nullable(),
  paymentReference: z.string().nullable(),
  settledAt: instant,
  confirmedAt: instant.nullable(),
  refuted: z.boolean(),
  reversedElsewhere: z.boolean(),
});

/** What has an open task is found by the few open tasks, however many deposits there were. */
const withTask = (kinds: string[]): SQL =>
  sql`d.id = any(array(select subject::uuid from reviews where closed_at is null and kind = any(${sql.param(kinds)}::text[])))`;

/** Of money that nothing has proved yet: what has paid for nothing so far. What stands anywhere has a task. */
const WAITS_UNCONFIRMED = sql`case when d.allocated_at is null then d.amount_cents
  when ${withTask(['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'])} then ${leftInSuspenseSql(sql`d.id`)} + ${surplusLeftSql(sql`d.id`)} else 0 end`;

const CHOICES: Record<(typeof STATES)[number], { which: SQL; waiting: SQL }> = {
  suspense: { which: withTask(['unidentified_deposit', 'underpaid_deposit']), waiting: leftInSuspenseSql(sql`d.id`) },
  surplus: {
    which: withTask(['surplus_payment']),
    waiting: surplusLeftSql(sql`d.id`),
  },
  unconfirmed: { which: sql`d.confirmed_at is null and d.merged_into is null and d.taken_back_at is null`, waiting: WAITS_UNCONFIRMED },
};

/**
 * Deposits that wait for a person, in keyset pages: what was typed, who paid as far as Safaricom tells, and for money in suspense what it may be for.
 * One round trip, and one more for the suggestions of the whole page.
 */
export async function listDeposits({ db }: Pick<App, 'db'>, { state, limit, before }: z.output<typeof ListDepositsInput>): Promise<Reply> {
  const { which, waiting } = CHOICES[state];
  const rows = await readRows(
    db,
    Row,
    sql`
    select d.id, d.source, d.amount_cents as "amountCents", ${waiting} as "waitingCents", d.receipt, d.typed_reference as "typedReference", d.payer_name as "payerName",
      d.payer_phone as "payerPhone", d.payer_tail as "payerTail", p.reference as "paymentReference", d.settled_at as "settledAt", d.confirmed_at as "confirmedAt",
      d.refuted_at is not null as refuted, d.reversed_elsewhere_at is not null and coalesce(d.reversed_elsewhere_cents, d.amount_cents) > parts_given_back_1(d.id) as "reversedElsewhere"
    from deposits d left join payments p on p.id = d.payment_id
    where ${which} and (${before ?? null}::uuid is null or d.id < ${before ?? null}::uuid)
    order by d.id desc limit ${limit}`,
  );
  const suggestions = state === 'suspense' ? await suggestTargets(db, rows) : undefined;
  const deposits = rows.map(({ id, amountCents, waitingCents, payerPhone, payerTail, settledAt, confirmedAt, ...row }) => ({
    depositId: id,
    ...row,
    amount: shillings(amountCents),
    waiting: shillings(waitingCents),
    maskedPhone: maskPayer(payerPhone, payerTail),
    settledAt: settledAt.toISOString(),
    proved: confirmedAt !== null,
    confirmedAt: confirmedAt?.toISOString() ?? null,
    ...(suggestions && { suggestions: suggestions.get(id) ?? [] }),
  }));
  return { json: { deposits, nextBefore: rows.length === limit ? (rows.at(-1)?.id ?? null) : null } };
}
