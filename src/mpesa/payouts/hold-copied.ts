import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { instantSql } from '#ground/db/rows.ts';
import { withholdSql } from '#ground/outbox/withhold.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';

type Copied = { asOf: Date; now: Date };

/**
 * Statements for a copy of an earlier state: payouts are stopped until a person starts them; what was reserved or under way may have been sent since, so it is `unknown`
 * and its status is asked before anything is sent again; what waited for approval may have been approved and paid since, so each is a person's task.
 */
export const holdCopiedPayouts = ({ asOf, now }: Copied): SQL[] => [
  stopSql({ asOf, now }),
  sql`
  with held as (
    update withdrawals w set state = 'unknown', asked_again = true, tried_at = ${instantSql(now)}, dispatched_at = coalesce(w.dispatched_at, p.decided_at, ${instantSql(now)}), query_due_at = ${instantSql(now)}
    from payouts p where p.id = w.payout_id and w.state in ('reserved', 'dispatched', 'unknown') returning w.id
  ), withheld as (${withholdSql(sql`select 'dispatch:' || id from held`, now)})
  select from held`,
  sql`
  with ${openTasksSql({ kind: 'payout_of_copy', subject: sql`p.id::text`, openedAt: now, from: sql`payouts p where p.state = 'requested'` })} select`,
];

function stopSql({ asOf, now }: Copied): SQL {
  const reason = `This is a copy of what was at ${asOf.toISOString()}: look what was paid out since before you start them.`;
  return sql`
  with stopped as (
    insert into stops (name, reason, stopped_at) values ('payouts_by_hand', ${reason}, ${instantSql(now)}) on conflict (name) do update set reason = excluded.reason returning name
  ), audited as (${recordSql({
    ...{ actor: 'malipo', action: 'payouts_stopped', subject: sql`'payouts'`, happenedAt: now, from: sql`stopped` },
    after: sql`jsonb_build_object('reason', ${reason}::text)`,
  })}), ${openTasksSql({ kind: 'payouts_stopped', subject: 'by_hand', openedAt: now, from: sql`stopped`, words: reason })}
  select`;
}

/** Whether a payout or a bulk payout of a copy may have been paid since, and no person has looked yet. */
export const isOfCopySql = (kind: 'payout_of_copy' | 'bulk_of_copy', id: string): SQL =>
  sql`exists (select from reviews r where r.kind = ${kind} and r.subject = ${id} and r.closed_at is null)`;

/** Whether it once was such a one, whoever has looked: that is one person's word. */
export const wasOfCopySql = (kind: 'payout_of_copy' | 'bulk_of_copy', id: SQL): SQL =>
  sql`exists (select from reviews r where r.kind = ${kind} and r.subject = ${id}::text)`;

/** Has the status of everything under way asked in the next minute. */
export const askCopiedSql = (now: Date): SQL =>
  sql`update withdrawals set tried_at = ${instantSql(now)}, query_due_at = ${instantSql(now)} where state in ('dispatched', 'unknown') returning id`;
