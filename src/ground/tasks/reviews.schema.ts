import { sql } from 'drizzle-orm';
import { boolean, index, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { at, encrypted, id } from '../db/columns.ts';

/** Tasks for a person; one open task per kind and subject. */
export const reviews = pgTable(
  'reviews',
  {
    id: id(),
    kind: text('kind').notNull(),
    subject: text('subject').notNull(),
    /** What the person needs to know at once, as in the alert; only for some kinds. */
    words: text('words'),
    openedAt: at('opened_at').notNull(),
    /** The person who has taken it or was given it. */
    assignee: uuid('assignee'),
    closedAt: at('closed_at'),
    closedBy: text('closed_by'),
    /** Why the system closed it. What a person says who closes it may name somebody: it is a note of `task_notes`. */
    note: text('note'),
    /** When its alert went out, and when it was said that the cause is gone: once each. */
    alertedAt: at('alerted_at'),
    clearedAt: at('cleared_at'),
  },
  (t) => [uniqueIndex('reviews_open').on(t.kind, t.subject).where(sql`${t.closedAt} is null`)],
);

/** What people write about a task, while it is open and after; with `closes` what was done when they closed it. Never changed. */
export const taskNotes = pgTable(
  'task_notes',
  {
    id: id(),
    reviewId: uuid('review_id')
      .notNull()
      .references(() => reviews.id),
    writtenBy: text('written_by').notNull(),
    writtenAt: at('written_at').notNull(),
    note: encrypted('note').notNull(),
    closes: boolean('closes').notNull().default(false),
  },
  (t) => [index('task_notes_review').on(t.reviewId, t.writtenAt)],
);
