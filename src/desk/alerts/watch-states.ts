import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import { takeClearedSql } from '#ground/tasks/alerted.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { callbacksForgedSql, requestsFailedSql } from './states/failures.ts';
import { initiatorPasswordSql } from './states/initiator-password.ts';
import { callbacksMissingSql, promptsFailingSql } from './states/prompts.ts';
import { deadLettersGrowingSql, toldMoneyWaitsSql } from './states/waiting.ts';

/** The states that nothing reports when they begin. */
const KINDS: TaskKind[] = [
  ...(['told_money_waits', 'dead_letters_growing', 'prompts_failing', 'callbacks_missing', 'callbacks_forged', 'request_failed'] as const),
  'initiator_password_due',
];

/** How many tasks whose cause is gone one message names. */
const MOST_CLEARED = 50;

/**
 * Looks at states that nothing reports when they begin: opens a task for each that began, closes those of states that ended, and promises one message about tasks
 * whose cause is gone. One statement. Each source yields `kind`, `subject`, `words`, `begins` (false: it goes on, but does not begin) and `since`, when it last happened.
 * What a person closed is not opened again before it happened again, or for a day.
 */
export async function watchStates(app: Pick<App, 'db' | 'clock' | 'config'>): Promise<{ opened: number; closed: number; cleared: number }> {
  const now = app.clock.now();
  const at = instantSql(now);
  const sources = [toldMoneyWaitsSql, deadLettersGrowingSql, promptsFailingSql, callbacksMissingSql, callbacksForgedSql, requestsFailedSql];
  const states = sql.join(
    [...sources.map((source) => source(app.config, at)), initiatorPasswordSql(app.config, now)].map(inBrackets),
    sql` union all `,
  );
  const [done] = await readRows(
    app.db,
    z.object({ opened: z.number(), closed: z.number(), cleared: z.number() }),
    sql`
    with state as materialized (select * from (${states}) as s(kind, subject, words, begins, since)
    ), begun as (
      select s.* from state s where s.begins and not exists (select from reviews r where r.kind = s.kind and r.subject = s.subject
        and (r.closed_at is null or (r.closed_by <> 'malipo' and r.closed_at > coalesce(s.since, ${at} - interval '1 day'))))
    ), ${openTasksSql({ ...{ kind: sql`kind`, subject: sql`subject`, words: sql`words` }, openedAt: now, from: sql`begun` })}, closed as (${closeTasksSql(
      {
        kinds: KINDS,
        subjects: sql`select r.subject from reviews r where r.kind = any(${sql.param(KINDS)}::text[]) and r.closed_at is null`,
        when: sql`not exists (select from state s where s.kind = reviews.kind and s.subject = reviews.subject)`,
        ...{ closedAt: now, note: 'Its cause is gone.' },
      },
    )} returning 1), cleared as (${takeClearedSql(MOST_CLEARED, now)}
    ), said as (${enqueueSql({
      key: sql`'alert_cleared:' || first`,
      message: { kind: 'alert_cleared', reviewIds: sql`ids` },
      dueAt: now,
      from: sql`(select min(id::text) as first, to_jsonb(array_agg(id)) as ids from cleared having count(*) > 0) gone`,
    })})
    select (select count(*)::int from task) as opened, (select count(*)::int from closed) as closed, (select count(*)::int from cleared) as cleared`,
  );
  return done ?? { opened: 0, closed: 0, cleared: 0 };
}

const inBrackets = (part: SQL): SQL => sql`(${part})`;

/**
 * Due at once while prompts were sent lately (one of the last three minutes may still be on a phone) or may have expired just now, something failed or was given up, or a
 * cause is gone that nobody was told of, as a value in a statement. States that only time begins or ends are looked at each quarter of an hour.
 */
export const statesDueSql = (
  _app: unknown,
  at: SQL,
): SQL => sql`(select ${at} where exists (select from payments where created_at > ${at} - interval '5 minutes')
  or exists (select from payments where created_at between ${at} - interval '25 minutes' and ${at} - interval '19 minutes' and state = 'expired')
  or exists (select from failures where last_at > ${at} - interval '3 minutes') or exists (select from outbox where dead_at > ${at} - interval '3 minutes')
  or exists (select from reviews where closed_by = 'malipo' and alerted_at is not null and cleared_at is null))`;
