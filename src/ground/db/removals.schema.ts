import { date, integer, pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { at, oneOf } from './columns.ts';

/** What is deleted in time, by the name that GET /api/retention has for it. */
export const REMOVED_KINDS = [
  ...(['messages', 'digests', 'inquiries', 'sign_ins', 'sessions', 'limits', 'statements', 'errors', 'webhooks', 'keys'] as const),
] as const;

/** How many rows retention deleted on a day in Nairobi, by kind, and what they were older than: one row a day and kind, for good. */
export const retentionRemovals = pgTable(
  'retention_removals',
  {
    day: date('day', { mode: 'string' }).notNull(),
    kind: text('kind', { enum: REMOVED_KINDS }).notNull(),
    removed: integer('removed').notNull(),
    olderThan: at('older_than').notNull(),
    lastAt: at('last_at').notNull(),
  },
  (t) => [primaryKey({ name: 'retention_removals_pk', columns: [t.day, t.kind] }), oneOf('retention_removals_kind', t.kind, REMOVED_KINDS)],
);
