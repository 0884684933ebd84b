import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '../db/rows.ts';
import type { Deliver } from '../outbox/delivery/drain.ts';

const TIMEOUT_MS = 5_000;

const Task = z.object({ kind: z.string(), subject: z.string(), openedAt: z.unknown() });

/** Delivers `alert`: logs the task (its kind and ids, no personal data), and posts it to the organisation's webhook if there is one. */
export const sendAlert: Deliver<'alert'> = async (app, { reviewId, words }) => {
  const [task] = await readRows(app.db, Task, sql`select kind, subject, opened_at from reviews where id = ${reviewId}::uuid`);
  app.log.warn('review_opened', { reviewId, ...task, ...(words && { words }) });
  const url = app.config.alertWebhookUrl;
  if (!url || !task) return undefined;
  const text = `Malipo needs a person: ${task.kind} (${task.subject})${words ? `. ${words}` : ''}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, reviewId, ...task }),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`The alert webhook answered ${response.status}.`);
  return undefined;
};
