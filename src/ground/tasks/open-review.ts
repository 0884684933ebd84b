import { type SQL, sql } from 'drizzle-orm';
import { newId } from '../db/columns.ts';
import type { Db, Tx } from '../db/types.ts';
import type { ReviewKind } from './review-kinds.ts';

/** Opens a task for a person and promises an alert, both with `words`; does nothing when the same task is open already. */
export async function openReview(
  db: Db | Tx,
  review: { kind: ReviewKind; subject: string; openedAt: Date; words?: string },
): Promise<void> {
  await db.execute(
    sql`with ${openReviewSql({ ...review, kind: sql`${review.kind}::text`, subject: sql`${review.subject}::text`, from: sql`(select) as always` })} select`,
  );
}

/** The same as two common table expressions (`review`, `alert`): a task for the single row that `from` yields. */
export const openReviewSql = (task: { kind: SQL; subject: SQL; openedAt: Date; from: SQL; words?: string }): SQL => sql`
  review as (
    insert into reviews (id, kind, subject, words, opened_at)
    select ${newId()}::uuid, ${task.kind}, ${task.subject}, ${task.words ?? null}::text, ${task.openedAt.toISOString()}::timestamptz from ${task.from}
    on conflict (kind, subject) where closed_at is null do nothing
    returning id
  ), alert as (
    insert into outbox (id, dedupe_key, message, due_at)
    select ${newId()}::uuid, 'alert:' || id, jsonb_strip_nulls(jsonb_build_object('kind', 'alert', 'reviewId', id, 'words', ${task.words ?? null}::text)), ${task.openedAt.toISOString()}::timestamptz from review
    on conflict (dedupe_key) do nothing
  )`;
