import { jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { at, id } from '../db/columns.ts';

/** Who did what, in order; `audit_is_immutable` and `audit_is_not_emptied` refuse to change or remove a row. Ids and states only, never personal data. */
export const audit = pgTable('audit', {
  id: id(),
  actor: text('actor').notNull(),
  action: text('action').notNull(),
  subject: text('subject').notNull(),
  before: jsonb('before'),
  after: jsonb('after'),
  requestId: text('request_id'),
  happenedAt: at('happened_at').notNull(),
});
