import { index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { at, oneOf } from '../db/columns.ts';

const REFERENCE_KINDS = ['loan', 'savings'] as const;

/**
 * References that can be paid again and again: a loan's or an account's own, and imported old ones for the same thing. `typed` is in the
 * form of `bareReference`, so that case, dashes and letters that look like digits do not matter.
 */
export const standingReferences = pgTable(
  'standing_references',
  {
    typed: text('typed').primaryKey(),
    kind: text('kind', { enum: REFERENCE_KINDS }).notNull(),
    subjectId: uuid('subject_id').notNull(),
    createdAt: at('created_at').notNull(),
  },
  (t) => [index('standing_references_subject').on(t.subjectId), oneOf('standing_references_kind', t.kind, REFERENCE_KINDS)],
);
