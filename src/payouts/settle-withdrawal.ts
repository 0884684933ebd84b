import { type SQL, sql } from 'drizzle-orm';
import pRetry from 'p-retry';
import * as z from 'zod';
import { newId } from '../db/columns.ts';
import { lookupHash } from '../db/encryption.ts';
import { isWorthRepeating } from '../db/errors.ts';
import type { Db } from '../db/types.ts';
import { evidence } from '../inbox/inbox.schema.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { openReviewSql } from '../reviews/open-review.ts';

/** What a source says about one withdrawal. `body` is what it said, word for word. */
export type WithdrawalFinding = {
  withdrawalId: string;
  source: 'b2c' | 'reversal' | 'transaction-status';
  body: string;
  says: 'paid' | 'failed' | 'unclear';
  amountCents?: bigint | undefined;
  receipt?: string | undefined;
  resultCode?: string | undefined;
  /** The id that a status speaks of; one that is not this withdrawal's says nothing. */
  askedId?: string | undefined;
};

const Settled = z.object({
  verdict: z.enum([
    'pays',
    'late',
    'rejects',
    'known',
    'unclear',
    'amount_differs',
    'second_receipt',
    'receipt_used',
    'contradicts',
    'no_withdrawal',
  ]),
});

/** What became of the finding. */
export type SettledWithdrawal = z.output<typeof Settled>;

const PATIENCE_MS = 20_000;

/**
 * Settles what a source says about a withdrawal, in one round trip: evidence, states, and the reserved money out of the float or back to where it came from.
 * A time-out proves nothing: the state is `unknown` until a result or the transaction's status tells. Money that left after all, once its reserve was given
 * back, is booked and becomes a person's task. Safe to repeat, in any order, from any source.
 */
export function settleWithdrawal({ db, now }: { db: Db; now: Date }, finding: WithdrawalFinding): Promise<SettledWithdrawal> {
  return pRetry(
    async () => {
      const [settled] = await db.batch([db.execute(settleSql(finding, now)), db.execute(judgePayoutSql(finding.withdrawalId, now))]);
      return Settled.parse(settled.rows[0]);
    },
    { retries: 10, minTimeout: 50, maxTimeout: 4_000, maxRetryTime: PATIENCE_MS, shouldRetry: ({ error }) => isWorthRepeating(error) },
  );
}

function settleSql(told: WithdrawalFinding, now: Date): SQL {
  const at = sql`${now.toISOString()}::timestamptz`;
  const id = sql`${told.withdrawalId}::uuid`;
  const says = sql`${told.says}::text`;
  const amount = sql`${told.amountCents?.toString() ?? null}::bigint`;
  const receipt = sql`${told.receipt ?? null}::text`;
  return sql`
  with payout as materialized ( -- always payout, then withdrawal
    select p.* from payouts p where p.id = (select payout_id from withdrawals where id = ${id}) for update
  ), withdrawal as materialized (
    select w.* from withdrawals w join payout p on p.id = w.payout_id where w.id = ${id} for update of w
  ), seen as materialized (
    select w.id, w.amount_cents, p.source_account, case
      when ${says} = 'unclear' or ${told.askedId ?? null}::text not in (w.id::text, coalesce(w.originator_conversation_id, w.id::text)) then 'unclear'
      when ${says} = 'paid' and w.amount_cents <> ${amount} then 'amount_differs'
      when ${says} = 'paid' and w.receipt <> ${receipt} then 'second_receipt'
      when ${says} = 'paid' and exists (select from withdrawals o where o.receipt = ${receipt} and o.id <> w.id) then 'receipt_used'
      when ${says} = 'paid' and w.state = 'paid' then 'known'
      when ${says} = 'paid' and w.state = 'rejected' then 'late'
      when ${says} = 'paid' then 'pays'
      when w.state = 'paid' then 'contradicts'
      when w.state = 'rejected' then 'known'
      else 'rejects' end as verdict
    from withdrawal w join payout p on true
  ), stored as (
    insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
    values (${newId()}::uuid, ${id}, ${told.source}, ${lookupHash(told.body)}, ${sql.param(told.body, evidence.body)},
      coalesce((select verdict from seen), 'no_withdrawal'), ${at})
    on conflict (subject_id, source, body_hash) do nothing
  ), moved as (
    update withdrawals w set
      state = case s.verdict when 'pays' then 'paid' when 'late' then 'paid' when 'rejects' then 'rejected' when 'unclear' then 'unknown' else w.state end,
      receipt = case when s.verdict in ('pays', 'late', 'known') and ${says} = 'paid' then coalesce(w.receipt, ${receipt}) else w.receipt end,
      result_code = case when s.verdict in ('pays', 'late', 'rejects') then ${told.resultCode ?? null}::text else w.result_code end,
      settled_at = case when s.verdict in ('pays', 'late', 'rejects') then ${at} else w.settled_at end,
      query_due_at = case when s.verdict in ('pays', 'late', 'rejects') then null when s.verdict = 'unclear' and ${told.source}::text <> 'transaction-status' then ${at} + interval '1 minute' else w.query_due_at end
    from seen s
    where w.id = s.id and (s.verdict in ('pays', 'late', 'rejects', 'known') or s.verdict = 'unclear' and w.state in ('dispatched', 'unknown'))
  ), booked as (
    insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at)
    select ${newId()}::uuid, case verdict when 'pays' then 'payout_paid' when 'late' then 'payout_late' else 'payout_released' end, id::text, 1,
      case verdict when 'late' then source_account else ${ACCOUNTS.payoutReserve} end,
      case verdict when 'rejects' then source_account else ${ACCOUNTS.paybillFloat} end, amount_cents, ${at}
    from seen where verdict in ('pays', 'late', 'rejects')
    on conflict (kind, source_id, leg) do nothing
  ), ${openReviewSql({
    kind: sql`case verdict when 'late' then 'payout_paid_late' else 'payout_' || verdict end`,
    subject: sql`id::text`,
    openedAt: now,
    from: sql`(select ${id} as id, coalesce((select verdict from seen), 'no_withdrawal') as verdict) told
      where verdict not in ('pays', 'rejects', 'known', 'unclear')`,
  })}
  select coalesce((select verdict from seen), 'no_withdrawal') as verdict`;
}

/**
 * The state of a payout from its parts, in a statement of its own, which sees them as they are now. A refund that is paid has its credit note promised; of a loan's
 * payout each way to be final is told, also a later one: how many parts are paid and rejected never comes twice.
 */
const judgePayoutSql = (withdrawalId: string, now: Date): SQL => sql`
  with judged as (
    update payouts p set state = case when parts.paid = parts.n then 'paid' when parts.rejected = parts.n then 'rejected' when parts.paid > 0 then 'partly_paid' else 'approved' end
    from (
      select payout_id, count(*) as n, count(*) filter (where state = 'paid') as paid, count(*) filter (where state = 'rejected') as rejected
      from withdrawals where payout_id = (select payout_id from withdrawals where id = ${withdrawalId}::uuid) group by payout_id
    ) parts
    where p.id = parts.payout_id
    returning p.id, p.kind, p.state, parts.n, parts.paid, parts.rejected
  )
  insert into outbox (id, dedupe_key, message, due_at)
  select gen_random_uuid(), key, jsonb_build_object('kind', message, 'payoutId', id), ${now.toISOString()}::timestamptz
  from (
    select id, 'refund:' || id as key, 'refund_paid' as message from judged where kind in ('refund', 'reversal') and state = 'paid'
    union all
    select id, concat_ws(':', 'loan-payout', id, paid, rejected), 'loan_payout_settled' from judged where kind = 'loan' and paid + rejected = n
  ) told
  on conflict (dedupe_key) do nothing`;
