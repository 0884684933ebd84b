import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { at, encrypted, id, oneOf } from '../db/columns.ts';

/** From where Safaricom's words reached us. */
const SOURCES = ['callback', 'query', 'c2b', 'b2c', 'reversal', 'transaction-status', 'account-balance', 'pull', 'statement'] as const;

/** What Safaricom's words meant for their subject. The functions that judge the words define each verdict. */
const VERDICTS = [
  ...['pays', 'names', 'late', 'fails', 'rejects', 'known', 'unclear', 'unread_payer', 'doubted', 'contradicts'], // a prompt, a payout
  ...['no_attempt', 'no_withdrawal', 'no_deposit', 'no_inquiry'], // about nothing of ours
  ...['amount_differs', 'phone_differs', 'second_receipt', 'two_receipts', 'receipt_used', 'already_reversed'],
  ...['other_checkout', 'other_conversation', 'other_transaction'],
  ...['arrives', 'ties', 'own_payout', 'unreadable', 'other_shortcode'], // a notice
  ...['adopts', 'links', 'parts'], // of early releases
  ...['answers', 'confirms', 'other_receipt', 'other_amount', 'other_party', 'not_completed'], // a question that we asked
] as const;

/**
 * Everything Safaricom told us, word for word, with its verdict. A verdict by which the words disagree with what we know, or are about nothing of ours, is a
 * quarantine: the evidence is kept, nothing is booked. The triggers `evidence_is_kept` and `evidence_is_not_emptied` (keep-evidence.sql) refuse to delete a row,
 * and to change what was said or when.
 */
export const evidence = pgTable(
  'evidence',
  {
    id: id(),
    /** The attempt, deposit, withdrawal or inquiry it is about; none for a notice that names nothing of ours. */
    subjectId: uuid('subject_id'),
    source: text('source', { enum: SOURCES }).notNull(),
    bodyHash: text('body_hash').notNull(),
    body: encrypted('body').notNull(),
    /** The M-PESA code that it names, where it names one. */
    receipt: text('receipt'),
    verdict: text('verdict', { enum: VERDICTS }).notNull(),
    receivedAt: at('received_at').notNull(),
  },
  (t) => [
    unique('evidence_once').on(t.subjectId, t.source, t.bodyHash).nullsNotDistinct(),
    oneOf('evidence_source', t.source, SOURCES),
    oneOf('evidence_verdict', t.verdict, VERDICTS),
  ],
);
