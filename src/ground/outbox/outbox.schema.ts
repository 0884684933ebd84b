import { sql } from 'drizzle-orm';
import { index, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core';
import { at, id } from '../db/columns.ts';
import type { Message } from './message.ts';

/** What we promised to say. Written in the transaction that gives the reason; ids only, never personal data. */
export const outbox = pgTable(
  'outbox',
  {
    id: id(),
    dedupeKey: text('dedupe_key').notNull().unique(),
    message: jsonb('message').$type<Message>().notNull(),
    /** 0 is said first; 1 is for what goes to thousands at once and may wait. */
    urgency: integer('urgency').notNull().default(0),
    tries: integer('tries').notNull().default(0),
    dueAt: at('due_at').notNull(),
    sentAt: at('sent_at'),
    deadAt: at('dead_at'),
    lastError: text('last_error'),
  },
  (t) => [
    index('outbox_next').on(t.urgency, t.dueAt).where(sql`${t.sentAt} is null and ${t.deadAt} is null`),
    index('outbox_dead').on(t.deadAt).where(sql`${t.deadAt} is not null`),
  ],
);
