import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { inOneBatch, instantSql } from '#ground/db/rows.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { backOffMs, PATIENCE_MS } from './back-off.ts';
import type { Claimed } from './claim-deliveries.ts';
import { type Endpoint, hostOf } from './endpoint.ts';
import type { Answer } from './send-event.ts';

/** What became of a claimed delivery; without an answer it was not tried. */
export type Outcome = { claimed: Claimed; answer: Answer | null };

/** Its server says that nothing is to be sent there any more. */
const GONE = 410;

/**
 * Marks deliveries by how their tries ended, and the endpoint with them. One success makes it well again. If all have failed it is left alone for a while; if that has
 * gone on for a day, or it says that it is gone, it is disabled, with a task. An event that fails for a day while others are taken is given up, with a task.
 */
export async function recordOutcomes({ db, clock }: Pick<App, 'db' | 'clock'>, endpoint: Endpoint, outcomes: readonly Outcome[]) {
  const now = clock.now();
  const tried = outcomes.flatMap(({ answer }) => answer ?? []);
  const isWell = tried.some(({ taken }) => taken);
  const isGone = tried.some(({ answerStatus }) => answerStatus === GONE);
  const failingSince = endpoint.failingSince ?? now;
  const disables = isGone || (!isWell && now.getTime() - failingSince.getTime() >= PATIENCE_MS);
  const mayGiveUp = !disables && (isWell || endpoint.failingSince === null);
  await inOneBatch(db, [
    markSql(outcomes, mayGiveUp, endpoint, now),
    ...(tried.length === 0 ? [] : [isWell && !isGone ? recoverSql(endpoint.id) : failSql(endpoint, failingSince, now)]),
    ...(disables ? [disableSql(endpoint, isGone, now)] : []),
  ]);
}

function markSql(outcomes: readonly Outcome[], mayGiveUp: boolean, endpoint: Endpoint, now: Date): SQL {
  const rows = outcomes.map(({ claimed: { id, tries, firstTriedAt }, answer }) => {
    const state = !answer ? 'untried' : answer.taken ? 'delivered' : mayGiveUp && triedEnough(firstTriedAt, now) ? 'given_up' : 'waiting';
    const dueAt = state === 'waiting' ? new Date(now.getTime() + backOffMs(tries + 1)) : now;
    return { id, state, dueAt, ...answer };
  });
  type Row = (typeof rows)[number];
  const column = (value: (row: Row) => string | number | null | undefined) => sql.param(rows.map((row) => value(row) ?? null));
  return sql`
  with outcome as (
    select * from unnest(${column(({ id }) => id)}::uuid[], ${column(({ state }) => state)}::text[], ${column(({ dueAt }) => dueAt.toISOString())}::timestamptz[],
      ${column(({ answerStatus }) => answerStatus)}::int[], ${column(({ answer }) => answer && encrypt(answer, 'answer'))}::text[], ${column(({ error }) => error)}::text[],
      ${column(({ tookMs }) => tookMs)}::int[]) as o(id, state, due_at, answer_status, answer, error, took_ms)
  ), untried as (
    update webhook_deliveries d set due_at = o.due_at from outcome o where d.id = o.id and d.state = 'waiting' and o.state = 'untried'
  ), marked as (
    update webhook_deliveries d set state = o.state, due_at = o.due_at, tries = d.tries + 1, first_tried_at = coalesce(d.first_tried_at, ${instantSql(now)}),
      tried_at = ${instantSql(now)}, delivered_at = case when o.state = 'delivered' then ${instantSql(now)} end,
      answer_status = o.answer_status, answer = o.answer, error = o.error, took_ms = o.took_ms
    from outcome o where d.id = o.id and d.state = 'waiting' and o.state <> 'untried'
    returning d.state
  ), ${openTasksSql({
    kind: 'webhook_not_taken',
    subject: endpoint.id,
    openedAt: now,
    words: `${hostOf(endpoint.url)} did not take an event for a day, while it took others.`,
    from: sql`(select from marked where state = 'given_up' limit 1) as given_up`,
  })}
  select`;
}

const triedEnough = (firstTriedAt: Date | null, now: Date): boolean =>
  firstTriedAt !== null && now.getTime() - firstTriedAt.getTime() >= PATIENCE_MS;

const recoverSql = (id: string): SQL => sql`
  update webhook_endpoints set failing_since = null, failures = 0, paused_until = null where id = ${id}::uuid and failing_since is not null`;

const failSql = ({ id, failures }: Endpoint, failingSince: Date, now: Date): SQL => sql`
  update webhook_endpoints set failing_since = coalesce(failing_since, ${instantSql(failingSince)}), failures = ${failures + 1},
    paused_until = ${instantSql(new Date(now.getTime() + backOffMs(failures + 1)))} where id = ${id}::uuid`;

const disableSql = ({ id, url }: Endpoint, isGone: boolean, now: Date): SQL => {
  const why = isGone ? 'answered that it is gone (410)' : 'took nothing for a day';
  return sql`
  with disabled as (
    update webhook_endpoints set enabled = false, disabled_at = ${instantSql(now)} where id = ${id}::uuid and enabled and removed_at is null returning id
  ), audited as (${recordSql({
    ...{ actor: 'malipo', action: 'webhook_disabled', subject: sql`id::text`, happenedAt: now, from: sql`disabled` },
    after: sql`jsonb_build_object('host', ${hostOf(url)}::text, 'why', ${why}::text)`,
  })}), ${openTasksSql({
    ...{ kind: 'webhook_disabled', subject: id, openedAt: now, from: sql`disabled` },
    words: `${hostOf(url)} ${why}: it is told of nothing more until somebody enables it again.`,
  })}
  select`;
};
