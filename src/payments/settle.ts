import { sql } from 'drizzle-orm';
import pRetry from 'p-retry';
import * as z from 'zod';
import { recordSql } from '../audit/record.ts';
import { newId } from '../db/columns.ts';
import { lookupHash } from '../db/encryption.ts';
import { isWorthRepeating } from '../db/errors.ts';
import { readRows } from '../db/rows.ts';
import type { Db } from '../db/types.ts';
import { evidence } from '../inbox/inbox.schema.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { transferSql } from '../ledger/transfer.ts';
import { openReviewSql } from '../reviews/open-review.ts';
import { attempts } from './payments.schema.ts';

/** What a source says about one attempt, in our words. `body` is what it said, word for word. */
export type Finding = {
  attemptId: string;
  source: 'callback' | 'query';
  body: string;
  says: 'paid' | 'failed' | 'unclear';
  amountCents?: bigint | undefined;
  phone?: { full: string } | { tail: string } | undefined;
  checkoutRequestId?: string | undefined;
  receipt?: string | undefined;
  resultCode?: string | undefined;
};

const Settled = z.object({
  paymentId: z.uuid().nullable(),
  depositId: z.uuid().nullable(),
  /**
   * pays: new money. known, fails, unclear: as it says. links: a C2B notice told of this money first. parts: this attempt's deposit had adopted the receipt of
   * another movement; they are two. All others are quarantined: the words are kept, nothing is booked, a person is asked.
   */
  verdict: z.enum([
    'pays',
    'parts',
    'links',
    'fails',
    'known',
    'unclear',
    'no_attempt',
    'other_checkout',
    'amount_differs',
    'phone_differs',
    'second_receipt',
    'receipt_used',
    'contradicts',
  ]),
  duplicate: z.boolean(),
});

/** What became of the finding. `depositId` is set when it settled money that now waits to be allocated; a duplicate changed nothing. */
export type Settled = z.output<typeof Settled>;

/** Safaricom calls back once, so a broken connection is worth this long before we give up and answer 500. */
const PATIENCE_MS = 20_000;

/**
 * Settles what a source says about an attempt: evidence, states, deposit, `paybill float -> clearing`, review task and audit in one statement, one round
 * trip. Safe to repeat, in any order, from any source: states only move up, a deposit is booked once, and what disagrees with what was asked is
 * quarantined. A query that says "paid" names no amount, phone or receipt: it settles what we asked.
 */
export function settle({ db, now }: { db: Db; now: Date }, finding: Finding): Promise<Settled> {
  const statement = settleSql(finding, now);
  return pRetry(
    async () => {
      const [row] = await readRows(db, Settled, statement);
      return row as Settled;
    },
    {
      retries: 10,
      minTimeout: 50,
      maxTimeout: 4_000,
      maxRetryTime: PATIENCE_MS,
      shouldRetry: ({ error }) => isWorthRepeating(error),
    },
  );
}

function settleSql(finding: Finding, now: Date) {
  const at = sql`${now.toISOString()}::timestamptz`;
  const says = sql`${finding.says}::text`;
  const source = sql`${finding.source}::text`;
  const amount = sql`${finding.amountCents?.toString() ?? null}::bigint`;
  const receipt = sql`${finding.receipt ?? null}::text`;
  const resultCode = sql`${finding.resultCode ?? null}::text`;
  const phoneHash = sql`${finding.phone && 'full' in finding.phone ? lookupHash(finding.phone.full) : null}::text`;
  const phoneTail = sql`${finding.phone && 'tail' in finding.phone ? finding.phone.tail : null}::text`;
  const checkoutHash = sql`${finding.checkoutRequestId ? lookupHash(finding.checkoutRequestId) : null}::text`;
  const checkout = finding.checkoutRequestId
    ? sql`${sql.param(finding.checkoutRequestId, attempts.checkoutRequestId)}::text`
    : sql`null::text`;
  const paid = sql`${says} = 'paid'`;
  const depositId = sql`${newId()}::uuid`;

  return sql`
  with payment as materialized ( -- always payment, then attempt: the other order deadlocks
    select * from payments where id = (select payment_id from attempts where id = ${finding.attemptId}::uuid) for update
  ), attempt as materialized ( -- the newest row, not the one of our snapshot
    select a.* from attempts a join payment p on p.id = a.payment_id where a.id = ${finding.attemptId}::uuid for update of a
  ), seen as materialized (
    select a.id, a.payment_id, a.amount_cents, a.state as was, case
      when ${says} = 'unclear' then 'unclear'
      when p.deposits_version <> (select coalesce(sum(version), 0) from deposits where payment_id = p.id) and refuse('old_snapshot') then null
      when a.checkout_hash <> ${checkoutHash} then 'other_checkout'
      when exists (select from attempts o where o.checkout_hash = ${checkoutHash} and o.id <> a.id) then 'other_checkout'
      when ${paid} and a.amount_cents <> ${amount} then 'amount_differs'
      when ${paid} and (a.phone_hash <> ${phoneHash} or a.phone_tail <> ${phoneTail}) then 'phone_differs'
      when ${paid} and a.receipt <> ${receipt} then 'second_receipt'
      when ${paid} and exists (select from deposits d left join attempts o on o.id = d.attempt_id where d.receipt = ${receipt} and (d.payment_id is distinct from p.id
        or d.attempt_id <> a.id and o.receipt is not null or d.attempt_id is null and d.amount_cents <> a.amount_cents)) then 'receipt_used'
      when ${paid} and exists (select from deposits d where d.attempt_id = a.id and d.receipt <> ${receipt}) then 'parts'
      when ${paid} and a.state = 'paid' then 'known'
      when ${paid} and exists (select from deposits d where d.payment_id = p.id and d.attempt_id is null and d.amount_cents = a.amount_cents
        and (${receipt} is null or d.receipt = ${receipt})) then 'links'
      when ${paid} then 'pays'
      when a.state = 'paid' then 'contradicts'
      when a.state = 'failed' then 'known'
      else 'fails' end as verdict
    from attempt a join payment p on true
  ), stored as (
    insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
    values (${newId()}::uuid, ${finding.attemptId}::uuid, ${source}, ${lookupHash(finding.body)}, ${sql.param(finding.body, evidence.body)},
      coalesce((select verdict from seen), 'no_attempt'), ${at})
    on conflict (subject_id, source, body_hash) do nothing
    returning id
  ), moved as (
    update attempts a set
      state = case s.verdict when 'pays' then 'paid' when 'links' then 'paid' when 'fails' then 'failed' else a.state end,
      live = a.live and s.verdict not in ('pays', 'links', 'fails'),
      receipt = case when s.verdict in ('pays', 'parts', 'links', 'known') and ${paid} then coalesce(a.receipt, ${receipt}) else a.receipt end,
      result_code = case when s.verdict in ('pays', 'links', 'fails') then ${resultCode} else a.result_code end,
      checkout_request_id = case when s.verdict in ('pays', 'links', 'fails') then coalesce(a.checkout_request_id, ${checkout}) else a.checkout_request_id end,
      checkout_hash = case when s.verdict in ('pays', 'links', 'fails') then coalesce(a.checkout_hash, ${checkoutHash}) else a.checkout_hash end,
      query_due_at = case when s.verdict in ('pays', 'links', 'fails') then null when s.verdict = 'unclear' and ${source} = 'callback' then ${at} else a.query_due_at end
    from seen s
    where a.id = s.id and (s.verdict in ('pays', 'links', 'fails') or s.verdict in ('known', 'parts') and a.receipt is null and ${receipt} is not null
      or s.verdict = 'unclear' and ${source} = 'callback' and a.state in ('requested', 'pending', 'unknown', 'expired'))
  ), opened as (
    insert into deposits (id, source, attempt_id, payment_id, amount_cents, receipt, confirmed_at, settled_at, allocation_due_at)
    select ${depositId}, 'stk', id, payment_id, amount_cents, ${receipt}, ${at}, ${at}, ${at} from seen where verdict in ('pays', 'parts')
  ), learnt as (
    update deposits d set version = d.version + 1,
      confirmed_at = case when s.verdict <> 'parts' then coalesce(d.confirmed_at, ${at}) end, -- what parts was proved by this attempt's success alone
      confirmation_due_at = case when s.verdict = 'parts' then ${at} end,
      receipt = case when s.verdict = 'pays' then null else coalesce(d.receipt, ${receipt}) end,
      attempt_id = case s.verdict when 'links' then s.id when 'parts' then null else d.attempt_id end
    from seen s
    where d.id = case s.verdict
      when 'known' then (select o.id from deposits o where o.attempt_id = s.id and o.receipt is null and ${receipt} is not null)
      when 'links' then (select o.id from deposits o where o.payment_id = s.payment_id and o.attempt_id is null and o.amount_cents = s.amount_cents
        and (${receipt} is null or o.receipt = ${receipt}) order by o.id limit 1)
      when 'parts' then (select o.id from deposits o where o.attempt_id = s.id) -- it had adopted the receipt of another movement
      when 'pays' then (select o.id from deposits o where o.receipt = ${receipt}) end -- another attempt had adopted this one's receipt
    returning d.payment_id
  ), judged as (
    update payments p set
      status = case when s.verdict = 'fails' then 'failed' when s.verdict in ('known', 'parts') or p.status in ('reversed', 'refunded') then p.status else 'paid' end,
      failure_code = case when s.verdict = 'fails' then ${resultCode} end,
      counted_deposit_id = case when s.verdict = 'pays' then coalesce(p.counted_deposit_id, ${depositId}) else p.counted_deposit_id end,
      deposits_version = p.deposits_version + case when s.verdict in ('pays', 'parts') then 1 else 0 end + (select count(*) from learnt),
      settled_at = case when s.verdict = 'pays' then coalesce(p.settled_at, ${at}) else p.settled_at end
    from seen s
    where p.id = s.payment_id and (s.verdict in ('pays', 'parts', 'links') or s.verdict = 'known' and exists (select from learnt)
      or s.verdict = 'fails' and p.latest_attempt_id = s.id and p.status in ('pending', 'unknown', 'failed', 'expired'))
  ), booked as (
    ${transferSql({
      kind: 'mpesa_in',
      sourceId: sql`${depositId}::text`,
      debit: ACCOUNTS.paybillFloat,
      credit: ACCOUNTS.clearing,
      amountCents: sql`amount_cents`,
      bookedAt: now,
      from: sql`seen where verdict in ('pays', 'parts')`,
    })}
  ), audited as (
    ${recordSql({
      actor: 'safaricom',
      action: 'late_success',
      subject: sql`id::text`,
      before: sql`to_jsonb(was)`,
      after: sql`to_jsonb('paid'::text)`,
      happenedAt: now,
      from: sql`seen where verdict = 'pays' and was in ('failed', 'expired')`,
    })}
  ), ${openReviewSql({
    kind: sql`'evidence_' || verdict`,
    subject: sql`id::text`,
    openedAt: now,
    // what was read before, word for word, asks nobody again
    from: sql`(select ${finding.attemptId}::uuid as id, coalesce((select verdict from seen), 'no_attempt') as verdict) told
      where verdict not in ('pays', 'parts', 'links', 'fails', 'known', 'unclear') and exists (select from stored)`,
  })}
  select s.payment_id as "paymentId", case when s.verdict in ('pays', 'parts') then ${depositId} end as "depositId", coalesce(s.verdict, 'no_attempt') as verdict,
    not exists (select from stored) as duplicate
  from (select) as always left join seen s on true`;
}
