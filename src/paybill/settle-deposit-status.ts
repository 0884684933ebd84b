import { sql } from 'drizzle-orm';
import pRetry from 'p-retry';
import * as z from 'zod';
import type { Core } from '../core.ts';
import { parseTransactionStatusResult } from '../daraja/parse-transaction-status-result.ts';
import { newId } from '../db/columns.ts';
import { lookupHash } from '../db/encryption.ts';
import { isWorthRepeating } from '../db/errors.ts';
import { readRows } from '../db/rows.ts';
import type { Db } from '../db/types.ts';
import { evidence } from '../inbox/inbox.schema.ts';
import { openReviewSql } from '../reviews/open-review.ts';
import { ourNumbers } from './our-numbers.ts';

const Settled = z.object({
  verdict: z.enum(['confirms', 'known', 'unclear', 'other_receipt', 'other_amount', 'other_party', 'not_completed', 'no_deposit']),
});

/** What a status says about a deposit. `unclear` decides nothing: it is asked again. */
type Told = {
  depositId: string;
  body: string;
  says: 'completed' | 'not_completed' | 'unclear';
  receipt?: string | undefined;
  amountCents?: bigint | undefined;
  toUs: boolean;
};

/** What became of a status result, with the code of the question, which may blame the initiator. */
export type SettledDepositStatus = z.output<typeof Settled> & { resultCode: string | undefined };

const PATIENCE_MS = 20_000;

/**
 * Settles what Safaricom says about the receipt of a deposit: it is confirmed when the transaction is completed, with this receipt and amount, and to us. A clear word
 * to the contrary becomes a person's task, an unclear one is asked about again. One round trip; safe to repeat, in any order.
 */
export async function settleDepositStatus(
  { db, clock, config, log }: Pick<Core, 'db' | 'clock' | 'config' | 'log'>,
  depositId: string,
  body: string,
): Promise<SettledDepositStatus> {
  const { says, receipt, amountCents, creditParty, resultCode } = parseTransactionStatusResult(body);
  const numbers = [...ourNumbers(config), config.initiator?.shortcode];
  const toUs = creditParty?.shortcode === undefined || numbers.includes(creditParty.shortcode);
  const meaning = says === 'failed' || says === 'reversed' ? 'not_completed' : says === 'completed' ? 'completed' : 'unclear';
  const settled = await settle({ db, now: clock.now() }, { depositId, body, says: meaning, receipt, amountCents, toUs });
  log.info('deposit_status', { depositId, verdict: settled.verdict, resultCode });
  return { ...settled, resultCode };
}

/** Keeps the notice that Safaricom gave up on our question, which says nothing about the receipt: it is asked again. */
export async function settleDepositStatusTimeout(
  { db, clock, log }: Pick<Core, 'db' | 'clock' | 'log'>,
  depositId: string,
  body: string,
): Promise<z.output<typeof Settled>> {
  const settled = await settle({ db, now: clock.now() }, { depositId, body: `time-out: ${body}`, says: 'unclear', toUs: true });
  log.warn('deposit_status_timeout', { depositId, verdict: settled.verdict });
  return settled;
}

async function settle({ db, now }: { db: Db; now: Date }, told: Told): Promise<z.output<typeof Settled>> {
  const [row] = await pRetry(() => readRows(db, Settled, settleSql(told, now)), {
    retries: 10,
    minTimeout: 50,
    maxTimeout: 4_000,
    maxRetryTime: PATIENCE_MS,
    shouldRetry: ({ error }) => isWorthRepeating(error),
  });
  return row ?? { verdict: 'no_deposit' };
}

function settleSql({ depositId, body, says, receipt, amountCents, toUs }: Told, now: Date) {
  const at = sql`${now.toISOString()}::timestamptz`;
  const meaning = sql`${says}::text`;
  return sql`
  with deposit as materialized (
    select * from deposits where id = ${depositId}::uuid for update
  ), seen as materialized (
    select d.id, case
      when ${meaning} = 'unclear' then 'unclear'
      when d.receipt is distinct from ${receipt ?? null}::text then 'other_receipt'
      when ${meaning} = 'not_completed' then 'not_completed'
      when d.amount_cents is distinct from ${amountCents?.toString() ?? null}::bigint then 'other_amount'
      when not ${toUs}::boolean then 'other_party'
      when d.confirmed_at is not null then 'known'
      else 'confirms' end as verdict
    from deposit d
  ), stored as (
    insert into evidence (id, subject_id, source, body_hash, body, verdict, received_at)
    values (${newId()}::uuid, ${depositId}::uuid, 'transaction-status', ${lookupHash(body)}, ${sql.param(body, evidence.body)},
      coalesce((select verdict from seen), 'no_deposit'), ${at})
    on conflict (subject_id, source, body_hash) do nothing
    returning id
  ), confirmed as (
    update deposits d set confirmed_at = ${at}, confirmation_due_at = null from seen s where d.id = s.id and s.verdict = 'confirms'
  ), ${openReviewSql({
    kind: sql`'deposit_not_confirmed'`,
    subject: sql`id::text`,
    openedAt: now,
    from: sql`seen where verdict in ('other_receipt', 'other_amount', 'other_party', 'not_completed') and exists (select from stored)`,
  })}
  select coalesce((select verdict from seen), 'no_deposit') as verdict`;
}
