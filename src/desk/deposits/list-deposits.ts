import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { listInput, readPage } from '#ground/db/page.ts';
import { bigintText, decrypted, decryptedIfCan, instant, listOf } from '#ground/db/rows.ts';
import { shillings } from '#ground/money/cents.ts';
import { parseC2bNotice } from '#mpesa/daraja/parse-c2b.ts';
import { maskPayer, payerShown } from '#mpesa/payments/mask-payer.ts';
import type { deposits } from '#mpesa/payments/payments.schema.ts';
import { leftInSuspenseSql, surplusLeftSql } from '#mpesa/payouts/left-of-deposit.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { firstNoticeSql } from './first-notice.ts';
import { suggestTargets } from './suggest-targets.ts';

const STATES = ['suspense', 'surplus', 'unconfirmed'] as const;

/**
 * Filters: deposits in suspense, with customer credit, or with an unproved receipt; or any one by its M-PESA code, its id or its payment.
 * Newest first; `before` is the cursor.
 */
export const ListDepositsInput = listInput(
  {
    state: z.enum(STATES).optional(),
    receipt: z.string().trim().toUpperCase().max(20).optional(),
    depositId: z.uuid().optional(),
    paymentId: z.uuid().optional(),
    before: z.uuid().optional(),
  },
  100,
);

const Deposit = z.object({
  id: z.uuid(),
  source: z.custom<(typeof deposits.$inferSelect)['source']>(),
  amountCents: bigintText,
  receipt: z.string().nullable(),
  typedReference: decrypted('typed_reference').nullable(),
  payerName: decrypted('payer_name').nullable(),
  payerPhone: decrypted('payer_phone').nullable(),
  payerTail: z.string().nullable(),
  paymentId: z.uuid().nullable(),
  settledAt: instant,
  confirmedAt: instant.nullable(),
});
const Row = Deposit.extend({
  waitingCents: bigintText,
  paymentReference: z.string().nullable(),
  paymentStatus: z.string().nullable(),
  state: z.string().nullable(),
  givenBackCents: bigintText.nullable(),
  refuted: z.boolean(),
  reversedElsewhere: z.boolean(),
  reversedCents: bigintText.nullable(),
  mergedInto: z.uuid().nullable(),
  body: decryptedIfCan('body').nullable(),
});

/** Deposits with an open task of these kinds, found from the tasks: they are few however many deposits there are. */
const withTask = (kinds: string[]): SQL =>
  sql`d.id = any(array(select subject::uuid from reviews where closed_at is null and kind = any(${sql.param(kinds)}::text[])))`;

/** How much of an unproved deposit has paid for nothing yet. What is in suspense or is a surplus has a task, by which it is found. */
const WAITS_UNCONFIRMED = sql`case when d.allocated_at is null then d.amount_cents
  when ${withTask(['unidentified_deposit', 'underpaid_deposit', 'surplus_payment'])} then ${leftInSuspenseSql(sql`d.id`)} + ${surplusLeftSql(sql`d.id`)} else 0 end`;

const IN_SUSPENSE = leftInSuspenseSql(sql`d.id`);
const OWED_BACK = surplusLeftSql(sql`d.id`);
const GIVEN_BACK = sql`(select coalesce(sum(o.amount_cents), 0) from payouts o where o.subject_id = d.id and o.kind in ('refund', 'reversal') and o.state not in ('declined', 'rejected'))::bigint`;

/**
 * The state of a deposit: the first condition that holds. Computed only for deposits that were asked for by name. `given_back` holds even while the payout is
 * under way.
 */
export const DEPOSIT_STATE = sql`case when d.merged_into is not null then 'same_as_another' when d.taken_back_at is not null then 'taken_back' when d.allocated_at is null then 'not_allocated'
  when ${IN_SUSPENSE} > 0 then 'suspense' when ${OWED_BACK} > 0 then 'surplus' when ${GIVEN_BACK} >= d.amount_cents then 'given_back'
  when exists (select from over_counter_2(d.id)) then 'counter_sale' else 'allocated' end`;

/** How much of a deposit `d` waits for a person or its owner: in suspense, or owed back. */
export const DEPOSIT_WAITING = sql`case when d.allocated_at is null or d.taken_back_at is not null then 0 else ${IN_SUSPENSE} + greatest(${OWED_BACK}, 0) end`;

const CHOICES: Record<(typeof STATES)[number] | 'any', { which: SQL; waiting: SQL }> = {
  any: {
    which: sql`true`,
    waiting: DEPOSIT_WAITING,
  },
  suspense: { which: withTask(['unidentified_deposit', 'underpaid_deposit']), waiting: IN_SUSPENSE },
  surplus: { which: withTask(['surplus_payment']), waiting: OWED_BACK },
  unconfirmed: { which: sql`d.confirmed_at is null and d.merged_into is null and d.taken_back_at is null`, waiting: WAITS_UNCONFIRMED },
};

/** The conditions that name one deposit, or those of one payment; each has its index. */
function namedBy({ receipt, depositId, paymentId }: z.output<typeof ListDepositsInput>): SQL[] {
  const ofPayment = sql`select o.id from deposits o where o.payment_id = ${paymentId ?? null}::uuid union all select m.deposit_id from matches m where m.payment_id = ${paymentId ?? null}::uuid`;
  const named = [
    receipt && sql`d.receipt = ${receipt}`,
    depositId && sql`d.id = ${depositId}::uuid`,
    paymentId && sql`d.id in (${ofPayment})`,
  ];
  return named.filter((each) => typeof each === 'object');
}

/**
 * Deposits that wait for a person, or that were asked for by name, in keyset pages: what was typed, who paid as far as Safaricom says, and
 * for money in suspense suggestions of what it is for. One round trip, and one more for the suggestions of the page.
 */
export async function listDeposits({ db }: Pick<App, 'db'>, input: z.output<typeof ListDepositsInput>) {
  const { before } = input;
  const named = namedBy(input);
  const state = input.state ?? (named.length > 0 ? 'any' : 'suspense');
  const { which, waiting } = CHOICES[state];
  const wanted = sql.join([which, ...named], sql` and `);
  const { rows, hasMore, totals } = await readPage(db, Row, input, {
    list: sql`
    select ${listOf('d', Deposit)}, ${waiting} as waiting_cents, p.reference as payment_reference, p.state as payment_status,
      ${named.length > 0 ? DEPOSIT_STATE : sql`null`} as state, ${named.length > 0 ? GIVEN_BACK : sql`null`} as given_back_cents,
      d.merged_into, ${named.length > 0 ? sql`case when d.receipt is null then ${firstNoticeSql(sql`n.body`)} end` : sql`null`} as body,
      d.refuted_at is not null as refuted, d.reversed_elsewhere_at is not null and coalesce(d.reversed_elsewhere_cents, d.amount_cents) > parts_given_back_2(d.id) as reversed_elsewhere,
      case when d.reversed_elsewhere_at is not null then coalesce(d.reversed_elsewhere_cents, d.amount_cents) end as reversed_cents
    from deposits d left join payments p on p.id = d.payment_id
    where ${wanted} and (${before ?? null}::uuid is null or d.id < ${before ?? null}::uuid)
    order by d.id desc`,
    all: sql`from deposits d where ${wanted}`,
  });
  const suggestions = state === 'suspense' ? await suggestTargets(db, rows) : undefined;
  const listed = rows.map(
    ({
      id,
      state: what,
      body,
      mergedInto,
      amountCents,
      waitingCents,
      givenBackCents,
      reversedCents,
      payerPhone,
      payerTail,
      settledAt,
      confirmedAt,
      ...row
    }) => ({
      depositId: id,
      ...row,
      amount: shillings(amountCents),
      waiting: shillings(waitingCents),
      reversedAmount: reversedCents === null ? null : shillings(reversedCents),
      maskedPhone: maskPayer(payerPhone, payerTail),
      payerShown: payerShown(payerPhone, payerTail),
      settledAt: settledAt.toISOString(),
      ...(what !== null && {
        ...{ state: what, givenBack: shillings(givenBackCents ?? 0n), sameAs: mergedInto },
        lostReceipt: body === null ? null : (parseC2bNotice(body).transactionId ?? null), // the code that it had, and other money has now
      }),
      proved: confirmedAt !== null,
      confirmedAt: confirmedAt?.toISOString() ?? null,
      ...(suggestions && { suggestions: suggestions.get(id) ?? [] }),
    }),
  );
  return { deposits: listed, nextBefore: hasMore ? (rows.at(-1)?.id ?? null) : null, ...totals };
}
