import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, readRows } from '#ground/db/rows.ts';
import type { Deliver } from '#ground/outbox/delivery/drain.ts';
import { enqueueSql } from '#ground/outbox/enqueue.ts';
import { markAlertedSql } from '#ground/tasks/alerted.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { readAlertText } from './alert-text.ts';
import { mailOperatorsSql } from './mail-operators.ts';
import { postToWebhook } from './post-to-webhook.ts';

/** Of one kind so many tasks an hour are told one by one; more of them are told as a number, once an hour. */
const MOST_ALONE = 10;
const HOUR_MS = 3_600_000;

const Task = z.object({
  kind: z.string(),
  subject: z.string(),
  openedAt: instant,
  closedAt: instant.nullable(),
  beside: z.number(),
  clearedBefore: instant.nullable(),
});

/**
 * Delivers `alert`: logs a task, posts it to the organisation's webhook if there is one, and promises a mail to each operator. One that closed meanwhile is not told;
 * one that comes back within an hour of having gone by itself is told when that hour is over, if it is still there.
 */
export const sendAlert: Deliver<'alert', App> = async (app, { reviewId, words }) => {
  const now = app.clock.now();
  const [task] = await readRows(app.db, Task, taskSql(reviewId));
  const { kind, subject, openedAt } = task ?? {};
  app.log.warn('review_opened', { reviewId, kind, subject, openedAt, ...(words && { words }) });
  if (!task || task.closedAt) return undefined;
  const quietUntil = (task.clearedBefore?.getTime() ?? 0) + HOUR_MS;
  if (quietUntil > now.getTime()) return new Date(quietUntil);
  if (task.beside >= MOST_ALONE) return tellCrowd(app, task.kind, now);
  const about = { reviewId };
  await app.db.execute(
    sql`with marked as (${markAlertedSql(reviewId, now)}), mails as (${mailOperatorsSql(app, about, `alert:${reviewId}`, now)}) select`,
  );
  const text = await readAlertText(app, about);
  if (text) await postToWebhook(app, text.line, { reviewId, kind, subject, openedAt });
  return undefined;
};

/** A task, how many of its kind opened in the hour before it and wait as well, and when the same thing last went by itself after it was told. */
const taskSql = (taskId: string) => sql`
  select r.kind, r.subject, r.opened_at, r.closed_at, (
      select count(*)::int from reviews o where o.kind = r.kind and o.closed_at is null
        and o.opened_at >= r.opened_at - interval '1 hour' and (o.opened_at, o.id) < (r.opened_at, r.id)
    ) as beside, (
      select max(e.closed_at) from reviews e where e.kind = r.kind and e.subject = r.subject and e.closed_by = 'malipo' and e.alerted_at is not null
    ) as cleared_before
  from reviews r where r.id = ${taskId}::uuid`;

async function tellCrowd({ db }: App, taskKind: string, now: Date): Promise<undefined> {
  const hour = Math.floor(now.getTime() / HOUR_MS);
  await db.execute(
    enqueueSql({
      key: `alert_crowd:${taskKind}:${hour}`,
      message: { kind: 'alert_crowd', taskKind },
      dueAt: new Date((hour + 1) * HOUR_MS),
    }),
  );
  return undefined;
}

/** Delivers `alert_crowd`: how many tasks of a kind are open. */
export const sendCrowdAlert: Deliver<'alert_crowd', App> = (app, { taskKind }) =>
  tell(app, { taskKind }, `alert_crowd:${taskKind}:${Math.floor(app.clock.now().getTime() / HOUR_MS)}`);

/** Delivers `alert_cleared`: the causes of these tasks are gone. */
export const sendCleared: Deliver<'alert_cleared', App> = (app, { reviewIds }) => tell(app, { reviewIds }, `alert_cleared:${reviewIds[0]}`);

async function tell(app: App, about: { taskKind: string } | { reviewIds: string[] }, key: string): Promise<undefined> {
  const text = await readAlertText(app, about);
  if (!text) return undefined;
  app.log.info('alert', { ...about });
  await app.db.execute(mailOperatorsSql(app, about, key, app.clock.now()));
  await postToWebhook(app, text.line, about);
  return undefined;
}
