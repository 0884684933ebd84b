import { sql } from 'drizzle-orm';
import { check, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/**
 * What may be typed at the paybill again and again: a loan's or an account's reference, and old references that were imported as other names of the same thing.
 * `typed` is in the form of `bareReference`: capital letters and digits only, so that case, dashes and the letters that look like digits do not matter.
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
