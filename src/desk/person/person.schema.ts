import { date, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { at, id } from '#ground/db/columns.ts';

/**
 * Who was anonymised: by an id of ours, never by a phone. `subject` is what finds them again in a backup from before: `member:<id>`, `person:<id>` or `payment:<id>`. The id is what
 * their stand-in is made of.
 */
export const anonymisations = pgTable('anonymisations', {
  id: id(),
  subject: text('subject').notNull().unique(),
  personId: uuid('person_id'),
  reason: text('reason').notNull(),
  doneBy: text('done_by').notNull(),
  firstAt: at('first_at').notNull(),
  lastAt: at('last_at').notNull(),
  /** Until when the law has us keep who they were, and the file of their loans; null where nothing of that is kept. */
  keptUntil: date('kept_until', { mode: 'string' }),
});
