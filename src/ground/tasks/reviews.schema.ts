import { sql } from 'drizzle-orm';
import { pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import { at, id } from '../db/columns.ts';

/** What a person has to look at. One open task per kind and subject. */
export const reviews = pgTable(
  'reviews',
  {
    id: id(),
    kind: text('kind').notNull(),
    subject: text('subject').notNull(),
    /** What a person needs to know at once, as the alert says it: for some kinds. */
    words: text('words'),
    openedAt: at('opened_at').notNull(),
    closedAt: at('closed_at'),
    closedBy: text('closed_by'),
    note: text('note'),
  },
  (t) => [uniqueIndex('reviews_open').on(t.kind, t.subject).where(sql`${t.closedAt} is null`)],
);
