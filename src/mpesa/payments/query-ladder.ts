import { type SQL, sql } from 'drizzle-orm';

/** Nobody asks Safaricom about one attempt more often than this, whoever asks. */
const SPACING = sql`interval '10 seconds'`;

/**
 * When to ask next about an attempt: first 15 s after the prompt, then every 10 s until 2 minutes, when the PIN cannot be entered any more, every 5 minutes until 20, at 1,
 * 6 and 24 hours, then never again (Safaricom keeps answers for an unknown time): `query_due_at` stays at the moment of the last question, and hands it to a person
 * unless an answer comes.
 */
const nextQuerySql = (at: SQL): SQL => sql`case
  when ${at} < a.created_at + interval '2 minutes' then ${at} + ${SPACING}
  when ${at} < a.payable_until then a.payable_until
  when ${at} < a.created_at + interval '20 minutes' then ${at} + interval '5 minutes'
  when ${at} < a.created_at + interval '1 hour' then a.created_at + interval '1 hour'
  when ${at} < a.created_at + interval '6 hours' then a.created_at + interval '6 hours'
  when ${at} < a.created_at + interval '24 hours' then a.created_at + interval '24 hours' else ${at} end`;

/** Whether the ladder of attempt `a` goes on: what is due at the moment of its last question is handed over. */
export const MAY_BE_ASKED = sql`a.checkout_request_id is not null and (a.queried_at is null or a.query_due_at > a.queried_at)`;

/** Claims the right to ask about the attempts that `which` selects by id, as far as they are due: one asker per attempt and step, over all instances. */
export const claimQueriesSql = (which: SQL, now: Date): SQL => {
  const at = sql`${now.toISOString()}::timestamptz`;
  return sql`
  update attempts a set queried_at = ${at}, queries = a.queries + 1, query_due_at = ${nextQuerySql(at)}
  where a.id = any(array(${which})) and a.query_due_at <= ${at} and ${MAY_BE_ASKED}
    and a.state in ('requested', 'pending', 'unknown', 'expired') and (a.queried_at is null or a.queried_at <= ${at} - ${SPACING})
  returning a.id, a.checkout_request_id`;
};
