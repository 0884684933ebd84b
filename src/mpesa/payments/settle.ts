import * as z from 'zod';
import { callFunction, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';

/** What a source says about one attempt, parsed. `body` is the original text; `shortcode` is the one of ours that was to be paid. */
export type Finding = {
  attemptId: string;
  source: 'callback' | 'query';
  body: string;
  says: 'paid' | 'failed' | 'unclear';
  /** For a failure by query: whether its code is final while the PIN can still be entered. */
  isFinal?: boolean;
  amountCents?: bigint | undefined;
  phone?: { full: string } | { tail: string } | undefined;
  checkoutRequestId?: string | undefined;
  receipt?: string | undefined;
  resultCode?: string | undefined;
  shortcode: string;
  movedAt?: Date | undefined;
};

const Settled = z.object({
  paymentId: z.uuid().nullable(),
  depositId: z.uuid().nullable(),
  /**
   * pays: new money. names: the receipt of known money. known: nothing new. fails, unclear: as the source says. unread_payer: a success
   * whose payer could not be read; Safaricom is asked. All others are quarantined: the evidence is kept, nothing is booked, a task is
   * opened.
   */
  verdict: z.enum([
    'pays',
    'names',
    'fails',
    'known',
    'unclear',
    'unread_payer',
    'no_attempt',
    'other_checkout',
    'amount_differs',
    'phone_differs',
    'second_receipt',
    'receipt_used',
    'doubted',
    'contradicts',
  ]),
  duplicate: z.boolean(),
});

/** The outcome. `depositId` is set when money now waits to be allocated; a duplicate changed nothing. */
export type Settled = z.output<typeof Settled>;

// p_attempt, p_source, p_body_hash, p_body, p_says, p_final, p_amount, p_phone_hash, p_phone_tail, p_checkout_hash, p_checkout, p_receipt, p_result_code, p_shortcode, p_moved_at, p_now
const SETTLE = callText('settle_stk_5', [
  ...['uuid', 'text', 'text', 'text', 'text', 'boolean', 'bigint', 'text', 'text'],
  ...['text', 'text', 'text', 'text', 'text', 'timestamptz', 'timestamptz'],
]);

/**
 * Settles what a source says about an attempt in one round trip: settle-stk.sql has the rule. Safe to repeat, in any order, from any
 * source. A query that says "paid" names no amount, phone or receipt: those of the prompt are taken.
 */
export const settle = ({ db, now }: { db: Db; now: Date }, finding: Finding): Promise<Settled> => {
  const {
    attemptId,
    source,
    body,
    says,
    isFinal = true,
    amountCents,
    phone,
    checkoutRequestId,
    receipt,
    resultCode,
    shortcode,
    movedAt,
  } = finding;
  return callFunction(db, Settled, SETTLE, [
    ...[attemptId, source, lookupHash(body), encrypt(body, 'body'), says, isFinal, amountCents?.toString() ?? null],
    ...[phone && 'full' in phone ? lookupHash(phone.full) : null, phone && 'tail' in phone ? phone.tail : null],
    ...[
      checkoutRequestId ? lookupHash(checkoutRequestId) : null,
      checkoutRequestId ? encrypt(checkoutRequestId, 'checkout_request_id') : null,
    ],
    ...[receipt ?? null, resultCode ?? null, shortcode, movedAt && movedAt < now ? movedAt.toISOString() : null, now.toISOString()],
  ]);
};
