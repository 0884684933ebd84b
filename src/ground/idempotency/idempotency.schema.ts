import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { at } from '../db/columns.ts';

/** A caller's key and its answer as text; kept for 72 hours. `owner_id` is the attempt that claimed the key. */
export const idempotencyKeys = pgTable(
  'idempotency_keys',
  {
    scope: text('scope').notNull(),
    key: text('key').notNull(),
    fingerprint: text('fingerprint').notNull(),
    ownerId: uuid('owner_id').notNull(),
    paymentId: uuid('payment_id').notNull(),
    status: integer('status'),
    body: text('body'),
    createdAt: at('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.scope, t.key] }), index('idempotency_keys_created').on(t.createdAt)],
);
