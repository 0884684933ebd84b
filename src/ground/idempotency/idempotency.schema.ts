import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/** A caller's key and its answer as text; kept for 72 hours. `owner_id` is the id of what claimed the key: an attempt, or what the request makes. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    scope: text('scope').notNull(),
    key: text('key').notNull(),
    fingerprint: text('fingerprint').notNull(),
    ownerId: uuid('owner_id').notNull(),
    /** What the key's request made or changed: a payment, a booking, a payout. Null for a row of the previous release. */
    subjectId: uuid('subject_id'),
    /** Written and read for the previous release, which knows no `subject_id`; a later release drops it. */
    paymentId: uuid('payment_id').notNull(),
    status: integer('status'),
    body: text('body'),
    createdAt: at('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.key] }), index('idempotency_keys_created').on(t.createdAt)],
);
