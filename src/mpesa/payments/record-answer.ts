import { sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';
import { keepAnswerSql } from '#ground/idempotency/answer-once.ts';
import { attempts } from './payments.schema.ts';

/** Safaricom's answer to a prompt: accepted, certainly refused (`code` says why), or unclear. */
export type PromptOutcome = { state: 'pending'; checkoutRequestId: string } | { state: 'failed'; code: string } | { state: 'unknown' };

/**
 * Records Safaricom's answer to a prompt and ours to the caller, in one round trip. A faster callback wins: the state changes only if the
 * attempt still waits for the answer, but the checkout id is always kept.
 */
export async function recordAnswer(
  db: Db,
  { attemptId, paymentId }: { attemptId: string; paymentId: string },
  outcome: PromptOutcome,
  kept: { status: number; value: object } | undefined,
  now: Date,
): Promise<void> {
  const checkoutId = outcome.state === 'pending' ? outcome.checkoutRequestId : undefined;
  const failureCode = outcome.state === 'failed' ? outcome.code : null;
  const checkout = checkoutId ? sql`${sql.param(checkoutId, attempts.checkoutRequestId)}` : sql`null`;
  await db.batch([
    db.execute(sql`select from payments where id = ${paymentId}::uuid for update`),
    db.execute(sql`
      with answered as (
        update attempts a set
          state = case when a.state = 'requested' then ${outcome.state} else a.state end,
          live = a.live and ${outcome.state} <> 'failed',
          checkout_request_id = coalesce(a.checkout_request_id, ${checkout}::text),
          checkout_hash = coalesce(a.checkout_hash, ${checkoutId ? lookupHash(checkoutId) : null}::text),
          result_code = coalesce(a.result_code, ${failureCode}::text),
          query_due_at = case when ${outcome.state} = 'failed' then null else a.query_due_at end
        where a.id = ${attemptId}::uuid
        returning a.id, a.state
      ), moved as (
        update payments p set state = ${outcome.state}, failure_code = ${failureCode}
        from answered a
        where p.id = ${paymentId}::uuid and p.latest_attempt_id = a.id and a.state = ${outcome.state} and p.state in ('pending', 'unknown')
        returning p.id, p.state
      ), audited as (${recordSql({
        ...{
          actor: 'safaricom',
          action: 'payment_failed',
          subject: sql`id::text`,
          happenedAt: now,
          from: sql`moved where state = 'failed'`,
        },
        ...{ before: sql`to_jsonb('pending'::text)`, after: sql`to_jsonb('failed'::text)` },
      })})
      select`),
    ...(kept ? [db.execute(keepAnswerSql(attemptId, kept.status, kept.value))] : []),
  ]);
}
