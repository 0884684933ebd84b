import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/**
 * References that can be paid again and again: a loan's or an account's own, and imported old ones for the same thing. `typed` is in the
 * form of `bareReference`, so that case, dashes and letters that look like digits do not matter.
 */
export const standingReferences = pgTable(
  'standing_references',
  {
    typed: text('typed').primaryKey(),
    kind: text('kind', { enum: ['loan', 'savings'] }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [index('standing_references_subject').on(t.subjectId), check('standing_references_kind', sql`${t.kind} in ('loan', 'savings')`)],
);
