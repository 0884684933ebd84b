import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '../db/rows.ts';
import type { Deliver } from '../outbox/delivery/drain.ts';

const TIMEOUT_MS = 5_000;

const Review = z.object({ kind: z.string(), subject: z.string(), openedAt: z.unknown() });

/** Delivers `alert`: logs a task for review (its kind and ids, no personal data), and posts it to the organisation's webhook if there is one. */
export const sendAlert: Deliver<'alert'> = async (app, { reviewId, words }) => {
  const [review] = await readRows(app.db, Review, sql`select kind, subject, opened_at from reviews where id = ${reviewId}::uuid`);
  app.log.warn('review_opened', { reviewId, ...review, ...(words && { words }) });
  const url = app.config.alertWebhookUrl;
  if (!url || !review) return undefined;
  const text = `Malipo needs a person: ${review.kind} (${review.subject})${words ? `. ${words}` : ''}`;
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text, reviewId, ...review }),
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  if (!response.ok) throw new Error(`The alert webhook answered ${response.status}.`);
  return undefined;
};
