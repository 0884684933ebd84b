import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { at, id } from '../db/columns.ts';
import type { EncryptedColumn } from '../db/encrypted-columns.ts';
import type { Message } from './message.ts';

/** Promised messages, written in the transaction that is their reason; ids, never personal data in clear. */
export const outbox = pgTable(
  'outbox',
  {
    id: id(),
    dedupeKey: text('dedupe_key').notNull().unique(),
    message: jsonb('message').$type<Message>().notNull(),
    /** 0 is delivered first; 1 is for mass messages and payouts of a file, which may wait; 2 for what customers are told, which outsiders cause. */
    urgency: integer('urgency').notNull().default(0),
    tries: integer('tries').notNull().default(0),
    dueAt: at('due_at').notNull(),
    sentAt: at('sent_at'),
    deadAt: at('dead_at'),
    lastError: text('last_error'),
    /** When a person gave up a dead letter for good: it stays, so that nothing is promised again by its key. */
    discardedAt: at('discarded_at'),
  },
  (t) => [
    index('outbox_next').on(t.urgency, t.dueAt).where(sql`${t.sentAt} is null and ${t.deadAt} is null`),
    index('outbox_dead').on(t.deadAt).where(sql`${t.deadAt} is not null`),
  ],
);

/** What a message seals: where the e-mail of a person was until now, in the one that is to go there. */
export const sealedFields: readonly EncryptedColumn[] = [
  { table: 'outbox', column: 'message', field: { name: 'formerAddress', as: 'email' } },
];
