import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, encrypted, id } from '../db/columns.ts';

/**
 * Everything Safaricom told us, word for word, with its verdict. Any verdict other than pays, fails, known or unclear is a quarantine: the
 * evidence is kept, nothing is booked.
 */
export const evidence = pgTable(
  'evidence',
  {
    id: id(),
    /** The attempt or withdrawal it is about; none for a notice that names nothing of ours. */
    subjectId: uuid('subject_id'),
    source: text('source', {
      enum: ['callback', 'query', 'c2b', 'b2c', 'reversal', 'transaction-status', 'account-balance', 'pull', 'statement'],
    }).notNull(),
    bodyHash: text('body_hash').notNull(),
    body: encrypted('body').notNull(),
    verdict: text('verdict').notNull(),
    receivedAt: at('received_at').notNull(),
  },
  (t) => [unique('evidence_once').on(t.subjectId, t.source, t.bodyHash).nullsNotDistinct()],
);
