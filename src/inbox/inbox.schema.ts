import { index, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, encrypted, id } from '../db/columns.ts';

/**
 * Everything Safaricom told us about an attempt, word for word, with the verdict of `settle`. A verdict other than pays, fails, known or unclear
 * is a quarantine: the words are kept, nothing was booked.
 */
export const evidence = pgTable(
  'evidence',
  {
    id: id(),
    attemptId: uuid('attempt_id').notNull(),
    source: text('source', { enum: ['callback', 'query'] }).notNull(),
    bodyHash: text('body_hash').notNull(),
    body: encrypted('body').notNull(),
    verdict: text('verdict').notNull(),
    receivedAt: at('received_at').notNull(),
  },
  (t) => [unique('evidence_once').on(t.attemptId, t.source, t.bodyHash), index('evidence_received').on(t.receivedAt)],
);
