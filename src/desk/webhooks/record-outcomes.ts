import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { encrypt } from '#ground/db/encryption.ts';
import { inOneBatch, instantSql } from '#ground/db/rows.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { backOffMs, PATIENCE_MS } from './back-off.ts';
import type { Claimed } from './claim-deliveries.ts';
import { type Endpoint, hostOf } from './endpoint.ts';
import { type Answer, isWell } from './send-event.ts';

/** What became of a claimed delivery; without an answer it was not tried. */
export type Outcome = { claimed: Claimed; answer: Answer | null };

/** Its server says that nothing is to be sent there any more. */
const GONE = 410;

/**
 * Marks deliveries by how their tries ended, and the endpoint with them. One success that did not take long makes it well again. If all have failed, or were slow, it is left
 * alone for a while; if that has gone on for a day, or it says for the second time that it is gone, it is disabled, with a task. An event that fails for a day while others are taken is given up, with a task.
 */
export async function recordOutcomes({ db, clock }: Pick<App, 'db' | 'clock'>, endpoint: Endpoint, outcomes: readonly Outcome[]) {
  const now = clock.now();
  const tried = outcomes.flatMap(({ answer }) => answer ?? []);
  const works = tried.some(isWell);
  const isGone = tried.some(({ answerStatus }) => answerStatus === GONE) && (await hasSaidGone(db, endpoint));
  const failingSince = endpoint.failingSince ?? now;
  const disables = isGone || (!works && now.getTime() - failingSince.getTime() >= PATIENCE_MS);
  const mayGiveUp = !disables && (works || endpoint.failingSince === null);
  const why = isGone
    ? 'answered twice that it is gone (410)'
    : tried.some(({ taken }) => taken)
      ? 'answered too slowly for a day'
      : 'took nothing for a day';
  await inOneBatch(db, [
    markSql(outcomes, mayGiveUp, endpoint, now),
    ...(tried.length === 0 ? [] : [works && !isGone ? recoverSql(endpoint.id) : failSql(endpoint, failingSince, now)]),
    ...(disables ? [disableSql(endpoint, why, now)] : []),
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

const disableSql = ({ id, url }: Endpoint, why: string, now: Date): SQL => sql`
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

/** Whether it has said so before, at a time of its own: a server that is being deployed may say 410 once. */
async function hasSaidGone(db: App['db'], { id, failingSince }: Endpoint): Promise<boolean> {
  if (failingSince === null) return false;
  const { rows } = await db.execute(
    sql`select from webhook_deliveries d where d.endpoint_id = ${id}::uuid and d.state = 'waiting' and d.answer_status = ${GONE} and d.tried_at >= ${instantSql(failingSince)} limit 1`,
  );
  return rows.length > 0;
}
