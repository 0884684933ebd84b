import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { callFunction, callSql, callText } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import type { Db } from '#ground/db/types.ts';

/**
 * What a source says about one withdrawal, parsed. `body` is the original text; `originatorId` and `conversationId` are the ids that it names. A success also names
 * `payeePhone`, or for a reversal `originalReceipt`; `movedAt` is M-PESA's time. `shortcode` is the one of ours that pays.
 */
export type WithdrawalFinding = {
  withdrawalId: string;
  source: 'b2c' | 'reversal' | 'transaction-status';
  body: string;
  says: 'paid' | 'failed' | 'unclear';
  amountCents?: bigint | undefined;
  receipt?: string | undefined;
  twoReceipts?: boolean | undefined;
  originatorId?: string | undefined;
  conversationId?: string | undefined;
  payeePhone?: string | undefined;
  originalReceipt?: string | undefined;
  resultCode?: string | undefined;
  movedAt?: Date | undefined;
  shortcode: string;
};

const Settled = z.object({
  verdict: z.enum([
    'pays',
    'late',
    'rejects',
    'known',
    'unclear',
    'amount_differs',
    'two_receipts',
    'already_reversed',
    'second_receipt',
    'receipt_used',
    'other_conversation',
    'contradicts',
    'no_withdrawal',
  ]),
});

export type SettledWithdrawal = z.output<typeof Settled>;

// p_withdrawal, p_source, p_body_hash, p_body, p_says, p_amount, p_receipt, p_two_receipts, p_originator, p_conversation, p_payee_hash, p_original_receipt, p_result_code, p_shortcode, p_moved_at, p_now
const SETTLE = callText('settle_withdrawal_4', [
  ...['uuid', 'text', 'text', 'text', 'text', 'bigint', 'text', 'boolean', 'text', 'text', 'text'],
  ...['text', 'text', 'text', 'timestamptz', 'timestamptz'],
]);

/** Settles what a source says about a withdrawal, in one round trip: settle-withdrawal.sql has the rule. Safe to repeat, in any order, from any source. */
export const settleWithdrawal = (
  { db, now }: { db: Db; now: Date },
  { withdrawalId, ...finding }: WithdrawalFinding,
): Promise<SettledWithdrawal> => callFunction(db, Settled, SETTLE, [withdrawalId, ...paramsOf(finding, now)]);

/** The same as a statement, about the withdrawal that `asked` selects, if any. */
export const settleAskedSql = (asked: SQL, finding: Omit<WithdrawalFinding, 'withdrawalId'>, now: Date): SQL => sql`
  with asked (id) as materialized (${asked}) select s.verdict from asked, lateral (${callSql(SETTLE, [sql`asked.id`, ...paramsOf(finding, now)])}) s`;

function paramsOf(finding: Omit<WithdrawalFinding, 'withdrawalId'>, now: Date): unknown[] {
  const { source, body, says, amountCents, receipt, twoReceipts = false, originatorId, conversationId } = finding;
  const { payeePhone, originalReceipt, resultCode, shortcode, movedAt } = finding;
  return [
    ...[source, lookupHash(body), encrypt(body, 'body'), says, amountCents?.toString() ?? null, receipt ?? null, twoReceipts],
    ...[originatorId ?? null, conversationId ?? null, payeePhone ? lookupHash(payeePhone) : null, originalReceipt ?? null],
    ...[resultCode ?? null, shortcode, movedAt?.toISOString() ?? null, now.toISOString()],
  ];
}
