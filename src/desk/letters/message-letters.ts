import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, rowsOf } from '#ground/db/rows.ts';
import { IS_DEAD } from '#ground/outbox/dead-letters.ts';
import type { Message } from '#ground/outbox/message.ts';
import { type Letters, pageSql } from './letter.ts';

const FOLLOWS = 'Money has moved, and the books follow by this: correct the cause, then retry it.';

/** Each kind of message in words, and why it cannot be discarded where it cannot. */
const WORDS: Record<Message['kind'], { what: string; mustStay?: string }> = {
  invoice_email: { what: 'The e-mail with an invoice or a receipt.' },
  dispatch_withdrawal: {
    what: 'An approved payout, or a part of one, that is to be sent.',
    mustStay:
      'Its money is reserved, and Safaricom may have been asked to pay it: correct the cause, then retry it. It keeps its id, so it is paid once.',
  },
  reserve_bulk: {
    what: 'An approved bulk payout whose lines are to be reserved.',
    mustStay: 'It is approved, and lines of it wait: correct the cause, then retry it. Or cancel the bulk payout: then a retry ends it.',
  },
  payout_settled: { what: 'How a payout ended, for the audit trail, its task and its booking.', mustStay: FOLLOWS },
  refund_paid: { what: 'A refund that was paid: its credit note.', mustStay: FOLLOWS },
  loan_payout_settled: { what: 'How the payout of a loan ended: what becomes of the loan.', mustStay: FOLLOWS },
  repayments_moved: { what: 'A repayment whose day was corrected: its loan is recomputed.', mustStay: FOLLOWS },
  notice: { what: 'A message to a member or a treasurer.' },
  access_notice: { what: 'A message to a person about their role, their access, or what was changed of them.' },
  staff_notice: { what: 'A message to an administrator or treasurer: others can start or approve money, or get their codes elsewhere.' },
  customer_notice: { what: 'A message to a customer about their payment.' },
  digest: { what: 'The reminders of a morning to a member.' },
  daily_summary: { what: 'The summary of a day to an administrator or a treasurer. A later day sends its own.' },
  ask_receipt: { what: 'A question to Safaricom about a receipt.' },
  alert: { what: 'The alert about a task.' },
  alert_crowd: { what: 'The alert about many tasks of one kind.' },
  alert_cleared: { what: 'The message that the cause of a task is gone.' },
  alert_mail: { what: 'The e-mail of an alert to an operator.' },
};

const UNKNOWN = {
  what: 'A message that this release does not know.',
  mustStay: 'This release does not know what it is for: update it first.',
};

const wordsOf = (kind: string): { what: string; mustStay?: string } =>
  Object.hasOwn(WORDS, kind) ? WORDS[kind as Message['kind']] : UNKNOWN;

/** Why a message of this kind cannot be discarded; null where it can. */
export const messageMustStay = (kind: string): string | null => wordsOf(kind).mustStay ?? null;

const Row = z.object({
  id: z.uuid(),
  deadAt: instant,
  tries: z.number(),
  lastError: z.string().nullable(),
  message: z.looseObject({ kind: z.string(), words: z.unknown().optional() }),
});

/** Messages that were given up after eight tries, or refused for good. They hold ids only. */
export const messageLetters: Letters = {
  select: (page) => sql`
    select o.id, o.dead_at, o.tries, o.last_error, o.message from outbox o where ${IS_DEAD} ${pageSql(sql`o.dead_at`, sql`o.id`, page)}`,
  read: (rows) =>
    rowsOf(Row, rows).map(({ id, deadAt, tries, lastError, message: { kind, words: _, ...ids } }) => ({
      ...{ letterId: id, kind: 'message', what: wordsOf(kind).what, reason: lastError ?? 'unknown', tries, at: deadAt },
      ...{ about: { message: kind, ...ids }, mustStay: messageMustStay(kind) },
    })),
};
