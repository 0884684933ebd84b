import { sql } from 'drizzle-orm';
import { pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, id } from '../db/columns.ts';

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
    closedAt: at('closed_at'),
    closedBy: text('closed_by'),
    note: text('note'),
  },
  (t) => [uniqueIndex('reviews_open').on(t.kind, t.subject).where(sql`${t.closedAt} is null`)],
);
