import { type SQL, sql } from 'drizzle-orm';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import type { TaskKind } from '#ground/tasks/task-kinds.ts';

/** What a person has to look at about a prompt while nobody knows what became of its money. */
const KINDS: TaskKind[] = [
  ...(['attempt_unresolved', 'evidence_amount_differs', 'evidence_doubted', 'evidence_other_checkout', 'evidence_phone_differs'] as const),
];

/** Those of them about a code that a callback named: money with another code says nothing of it. */
const OF_CODES = KINDS.filter((kind) => kind !== 'attempt_unresolved' && kind !== 'evidence_doubted');

const OPEN = sql`r.kind = any(${sql.param(KINDS)}::text[]) and r.closed_at is null`;

/**
 * Whether the prompt that a task is about has its money: since the task was opened its payment was paid, by this prompt or by money of no other prompt, and that is
 * proved. Another prompt's money says nothing of this one's, and of a code that was named only money with that code, or this prompt's own. Of a prompt that nobody had heard of it is enough that Safaricom has said how it ended. `task` is an SQL alias.
 */
const isSolvedSql = (task: SQL): SQL => sql`exists (
  select from attempts a join payments p on p.id = a.payment_id left join deposits d on d.id = p.counted_deposit_id
  where a.id = case when ${task}.kind = any(${sql.param(KINDS)}::text[]) and ${task}.subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then ${task}.subject::uuid end
    and (${task}.kind = 'attempt_unresolved' and a.state in ('paid', 'failed') or p.state in ('paid', 'refunded') and d.confirmed_at is not null
      and (d.attempt_id = a.id or d.attempt_id is null and (${task}.kind <> all(${sql.param(OF_CODES)}::text[])
        or d.receipt in (select e.receipt from evidence e where e.subject_id = a.id)))
      and (${task}.kind = 'attempt_unresolved' or greatest(p.settled_at, d.confirmed_at) > ${task}.opened_at)))`;

/** Closes the tasks about prompts whose money is there: all of them, or by a person's act those of some payments. */
export function closeSolvedSql(now: Date, act?: { by: string; paymentIds: string[] }): SQL {
  const subjects = act
    ? sql`select a.id::text from attempts a where a.payment_id = any(${sql.param(act.paymentIds)}::uuid[])`
    : sql`select r.subject from reviews r where ${OPEN}`;
  return closeTasksSql({
    ...{ kinds: KINDS, subjects, closedAt: now, note: 'Its payment is paid, or Safaricom has said how the prompt ended.' },
    ...{ when: isSolvedSql(sql`reviews`), ...(act && { closedBy: act.by }) },
  });
}

/** Due at once while there is such a task, as a value in a statement. */
export const solvedDueSql = (at: SQL): SQL =>
  sql`(select ${at} where exists (select from reviews r where ${OPEN} and ${isSolvedSql(sql`r`)}))`;
