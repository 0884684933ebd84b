import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { callSql, callText, repeated } from '#ground/db/call-function.ts';
import { encrypt, lookupHash } from '#ground/db/encryption.ts';
import { inOneBatch, rowOf } from '#ground/db/rows.ts';
import { parseTransactionStatusResult, type TransactionStatusResult } from '../daraja/parse-transaction-status-result.ts';
import type { Party } from '../daraja/read-party.ts';
import { provedPayer } from '../paybill/proved-payer.ts';
import { creditedAccount } from '../paybill/settle-deposit-status.ts';
import { settleAskedStatusSql } from '../payouts/settle-withdrawal-status.ts';
import type { Core } from '../wiring/app.ts';
import { SettledInquiry } from './settled-inquiry.ts';

const Settled = SettledInquiry.extend({
  askedBy: z.string().nullable(),
  /** How the answer settled a success that was not believed, or a notice that could not be read; null for other inquiries. */
  doubt: z.string().nullable(),
  depositId: z.uuid().nullable(),
});

/** The outcome of a status answer, with what it said, for whoever asked. */
export type SettledStatus = z.output<typeof Settled> & { inquiryId: string; result: TransactionStatusResult };

// p_inquiry, p_body_hash, p_body, p_says, p_result_code, p_conversation, p_status, p_receipt, p_amount, p_debit_party, p_credit_party, p_reason_type, p_finalised_at,
// p_shortcode, p_prompts, p_payer_name, p_payer_phone, p_payer_hash, p_payer_tail, p_now
const SETTLE = callText('settle_status_result_4', [
  ...['uuid', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 'bigint', 'text', 'text', 'text', 'timestamptz'],
  ...['text', 'boolean', 'text', 'text', 'text', 'text', 'timestamptz'],
]);

/**
 * Settles the answer to an inquiry about a transaction, posted to the inquiry's own address: the answer is stored as evidence and with the inquiry. A clear answer
 * outranks an unclear one and a time-out; the first clear one stays. It books nothing, except where we asked because a success was not believed or a notice could
 * not be read, or about a payout of ours by its own id: then the answer and what it proves are settled together, all or nothing. Safe to repeat, in any order.
 * settle-status-result.sql has the rule. One round trip.
 */
export async function settleStatusResult(core: Core, inquiryId: string, body: string): Promise<SettledStatus> {
  const { db, clock, log, config } = core;
  const result = parseTransactionStatusResult(body);
  const { receipt, amountCents, says, resultCode, conversationId, status, debitParty, creditParty, reasonType, finalisedAt } = result;
  const account = says === 'completed' ? creditedAccount(config, creditParty, debitParty) : undefined;
  const hash = lookupHash(body);
  const answer = callSql(SETTLE, [
    ...[inquiryId, hash, encrypt(body, 'body'), says, resultCode ?? null, conversationId ?? null],
    ...[
      status ?? null,
      receipt ?? null,
      amountCents?.toString() ?? null,
      sealed(debitParty, 'debit_party'),
      sealed(creditParty, 'credit_party'),
    ],
    ...[reasonType ?? null, finalisedAt?.toISOString() ?? null, account?.shortcode ?? null, account?.prompts ?? null],
    ...[...provedPayer(debitParty), clock.now().toISOString()],
  ]);
  const payout = settleAskedStatusSql(core, askedPayoutSql(inquiryId, hash), body);
  const [answered] = await repeated(() => inOneBatch(db, [answer, payout]));
  const settled = rowOf(Settled, answered?.rows);
  log.info('transaction_status_result', { inquiryId, verdict: settled.verdict, resultCode, doubt: settled.doubt });
  return { ...settled, inquiryId, result };
}

/** The part of a payout that an inquiry asked about by its own id, if the answer was taken as one to that question. */
const askedPayoutSql = (inquiryId: string, hash: string): SQL => sql`
  select w.id from inquiries i join withdrawals w on w.id::text = i.originator_conversation_id
    join evidence e on e.subject_id = i.id and e.source = 'transaction-status' and e.body_hash = ${hash} and e.verdict in ('answers', 'known')
  where i.id = ${inquiryId}::uuid`;

const sealed = (party: Party | undefined, column: string) => (party ? encrypt(JSON.stringify(party), column) : null);
