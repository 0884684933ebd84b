import { sql } from 'drizzle-orm';
import pRetry from 'p-retry';
import * as z from 'zod';
import { newId } from '../db/columns.ts';
import { lookupHash } from '../db/encryption.ts';
import { isWorthRepeating } from '../db/errors.ts';
import { readRows } from '../db/rows.ts';
import type { Db } from '../db/types.ts';
import { evidence } from '../inbox/inbox.schema.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { transferSql } from '../ledger/transfer.ts';
import { readReference } from '../references/reference.ts';
import { openReviewSql } from '../reviews/open-review.ts';
import { deposits } from './payments.schema.ts';

/** A paybill or till payment that Safaricom has told us about: it has happened and can't be refused. */
export type C2bDeposit = {
  body: string;
  receipt: string;
  amountCents: bigint;
  typedReference: string;
  payerName: string | undefined;
  payerPhone: string | undefined;
};

const Settled = z.object({
  depositId: z.uuid().nullable(),
  verdict: z.enum(['arrives', 'adopts', 'known', 'amount_differs']),
  duplicate: z.boolean(),
});

/** What became of a notice. `depositId` is set when money was booked that now waits to be allocated. */
export type SettledC2b = z.output<typeof Settled>;

const PATIENCE_MS = 20_000;

/** An STK callback of the same money usually comes by then, and proves it. */
const CONFIRM_AFTER = sql`interval '2 minutes'`;

/**
 * Settles a C2B confirmation in one statement, one round trip: evidence, deposit, `paybill float -> clearing`. It is always booked, once per receipt, also when
 * the same money was told by an STK callback (`known`), or by a query without its receipt (`adopts`: the reference names that payment, and the amount is equal).
 * A payment that was not paid is paid by it if the amount suffices; what else it may pay is for allocation to decide. Safe to repeat, in any order.
 */
export function settleC2b({ db, now }: { db: Db; now: Date }, deposit: C2bDeposit): Promise<SettledC2b> {
  const statement = settleC2bSql(deposit, now);
  return pRetry(
    async () => {
      const [row] = await readRows(db, Settled, statement);
      return row as SettledC2b;
    },
    { retries: 10, minTimeout: 50, maxTimeout: 4_000, maxRetryTime: PATIENCE_MS, shouldRetry: ({ error }) => isWorthRepeating(error) },
  );
}

function settleC2bSql(told: C2bDeposit, now: Date) {
  const at = sql`${now.toISOString()}::timestamptz`;
  const amount = sql`${told.amountCents.toString()}::bigint`;
  const receipt = sql`${told.receipt}::text`;
  const id = newId();
  const kept = (value: string | undefined, column: typeof deposits.payerName | typeof deposits.payerPhone) =>
    value === undefined ? sql`null` : sql`${sql.param(value, column)}`;

  return sql`
  with payment as materialized (
    select * from payments where reference = ${readReference(told.typedReference) ?? null}::text for update
  ), seen as materialized (
    select p.id as payment_id, p.status in ('pending', 'unknown', 'failed', 'expired') and ${amount} >= p.amount_cents as pays, case
      when coalesce(p.deposits_version, 0) <> (select coalesce(sum(version), 0) from deposits where payment_id = p.id) and refuse('old_snapshot') then null
      when exists (select from deposits d where d.receipt = ${receipt} and d.amount_cents <> ${amount}) then 'amount_differs'
      when exists (select from deposits d where d.receipt = ${receipt}) then 'known'
      when exists (select from deposits d where d.payment_id = p.id and d.receipt is null and d.amount_cents = ${amount}) then 'adopts'
      else 'arrives' end as verdict
    from (select) as always left join payment p on true
  ), stored as (
    insert into evidence (id, source, body_hash, body, verdict, received_at)
    select ${newId()}::uuid, 'c2b', ${lookupHash(told.body)}, ${sql.param(told.body, evidence.body)}, verdict, ${at} from seen
    on conflict (subject_id, source, body_hash) do nothing
    returning id
  ), learnt as (
    update deposits d set version = d.version + 1, receipt = ${receipt}
    from seen s
    where s.verdict = 'adopts' and d.id = (
      select o.id from deposits o where o.payment_id = s.payment_id and o.receipt is null and o.amount_cents = ${amount} order by o.id limit 1)
  ), opened as (
    insert into deposits (id, source, payment_id, amount_cents, receipt, typed_reference, payer_name, payer_phone, settled_at, allocation_due_at,
      confirmation_due_at)
    select ${id}::uuid, 'c2b', payment_id, ${amount}, ${receipt}, ${sql.param(told.typedReference, deposits.typedReference)},
      ${kept(told.payerName, deposits.payerName)}, ${kept(told.payerPhone, deposits.payerPhone)}, ${at}, ${at},
      ${at} + ${CONFIRM_AFTER}
    from seen where verdict = 'arrives'
  ), judged as (
    update payments p set deposits_version = p.deposits_version + 1,
      status = case when s.verdict = 'arrives' and s.pays then 'paid' else p.status end,
      failure_code = case when s.verdict = 'arrives' and s.pays then null else p.failure_code end,
      counted_deposit_id = case when s.verdict = 'arrives' and s.pays then coalesce(p.counted_deposit_id, ${id}::uuid) else p.counted_deposit_id end,
      settled_at = case when s.verdict = 'arrives' and s.pays then coalesce(p.settled_at, ${at}) else p.settled_at end
    from seen s where p.id = s.payment_id and s.verdict in ('arrives', 'adopts')
  ), booked as (
    ${transferSql({
      kind: 'mpesa_in',
      sourceId: sql`${id}::text`,
      debit: ACCOUNTS.paybillFloat,
      credit: ACCOUNTS.clearing,
      amountCents: amount,
      bookedAt: now,
      from: sql`seen where verdict = 'arrives'`,
    })}
  ), ${openReviewSql({ kind: sql`'evidence_amount_differs'`, subject: receipt, openedAt: now, from: sql`seen where verdict = 'amount_differs'` })}
  select case when verdict = 'arrives' then ${id}::uuid end as "depositId", verdict, not exists (select from stored) as duplicate from seen`;
}
