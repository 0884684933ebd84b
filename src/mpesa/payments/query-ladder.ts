import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';

/** The least time between two questions about one attempt. */
const SPACING = sql`interval '10 seconds'`;

/**
 * When to ask next about an attempt. The first question comes 15 s after the prompt (open-attempt.sql), then every 10 s until 2 minutes, once at `payable_until` (by
 * then the PIN can no longer be entered), every 5 minutes until 20, then at 1, 6 and 24 hours. After the last question `query_due_at` stays where it is, and the
 * attempt is handed to a person unless an answer comes.
 */
const nextQuerySql = (at: SQL): SQL => sql`case
  when ${at} < a.created_at + interval '2 minutes' then ${at} + ${SPACING}
  when ${at} < a.payable_until then a.payable_until
  when ${at} < a.created_at + interval '20 minutes' then ${at} + interval '5 minutes'
  when ${at} < a.created_at + interval '1 hour' then a.created_at + interval '1 hour'
  when ${at} < a.created_at + interval '6 hours' then a.created_at + interval '6 hours'
  when ${at} < a.created_at + interval '24 hours' then a.created_at + interval '24 hours' else ${at} end`;

/** The states of an attempt whose end is not known. */
export const IS_OPEN = sql`a.state in ('requested', 'pending', 'unknown', 'expired')`;

/** Whether the ladder of attempt `a` goes on; one whose last question is over is handed to a person. */
export const MAY_BE_ASKED = sql`a.checkout_request_id is not null and (a.queried_at is null or a.query_due_at > a.queried_at)`;

/** Claims those attempts of `which` that are due for a question: one asker per attempt and step, across all instances. */
export const claimQueriesSql = (which: SQL, now: Date): SQL => {
  const at = instantSql(now);
  return sql`
  update attempts a set queried_at = ${at}, queries = a.queries + 1, query_due_at = ${nextQuerySql(at)}
  where a.id = any(array(${which})) and a.query_due_at <= ${at} and ${MAY_BE_ASKED}
    and ${IS_OPEN} and (a.queried_at is null or a.queried_at <= ${at} - ${SPACING})
  returning a.id, a.checkout_request_id`;
};

/**
 * Claims the attempts of a payment whose end is not known for a question that a person asks, also those whose ladder is over. The ladder goes on where it was.
 */
export const claimByHandSql = (paymentId: string, now: Date): SQL => {
  const at = instantSql(now);
  return sql`
  update attempts a set queried_at = ${at}, queries = a.queries + 1,
    query_due_at = case when a.query_due_at <= ${at} and ${MAY_BE_ASKED} then ${nextQuerySql(at)} else a.query_due_at end
  where a.payment_id = ${paymentId}::uuid and a.checkout_request_id is not null and ${IS_OPEN} and (a.queried_at is null or a.queried_at <= ${at} - ${SPACING})
  returning a.id, a.checkout_request_id`;
};
