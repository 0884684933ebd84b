import { type SQL, sql } from 'drizzle-orm';
import type { Core } from '../core.ts';
import { parseTransactionStatusResult, type TransactionStatusResult } from '../daraja/parse-transaction-status-result.ts';
import type { Party } from '../daraja/read-party.ts';
import { creditedAccount } from '../paybill/settle-deposit-status.ts';
import { settleDoubt } from '../payments/settle-doubt.ts';
import { settleReceipts } from '../payments/settle-receipts.ts';
import { ASKED_FOR_NOTICE } from './ask-receipt.ts';
import { inquiries } from './inquiries.schema.ts';
import { type SettledInquiry, settleOnce } from './settle-once.ts';
import { storeEvidenceSql } from './store-evidence.ts';

/** What became of a status, with what it said: for whoever asked to act upon. */
export type SettledStatus = SettledInquiry & { inquiryId: string; result: TransactionStatusResult; depositId: string | null };

/**
 * Settles the answer to a question about a transaction, posted to the question's own address: the words are kept, and the question learns what was told. A clear answer
 * outranks an unclear one and a time-out; the first clear one stays. It books nothing, unless we asked because a success was not believed or a notice could not be read:
 * what it proves is then settled. Safe to repeat, in any order. One round trip, and one more for a doubt.
 */
export async function settleStatusResult({ db, clock, log, config }: Core, inquiryId: string, body: string): Promise<SettledStatus> {
  const result = parseTransactionStatusResult(body);
  const now = clock.now();
  const settled = await settleOnce(db, settleSql(inquiryId, body, result, now));
  const { receipt, amountCents, says } = result;
  const attemptId = settled.askedBy?.startsWith('attempt:') ? settled.askedBy.slice('attempt:'.length) : undefined;
  const account = says === 'completed' ? creditedAccount(config, result.creditParty, result.debitParty) : undefined;
  const proof =
    settled.verdict === 'answers' && account && receipt && amountCents ? { receipt, amountCents, shortcode: account.shortcode } : undefined;
  const doubt =
    proof && attemptId
      ? await settleDoubt({ db, now }, { attemptId, ...proof })
      : proof && account && settled.askedBy === ASKED_FOR_NOTICE
        ? (await settleReceipts({ db, now }, 'status', [{ ...proof, ...account, times: [result.finalisedAt ?? now] }]))[0]
        : undefined;
  log.info('transaction_status_result', { inquiryId, verdict: settled.verdict, resultCode: result.resultCode, doubt: doubt?.verdict });
  return { ...settled, inquiryId, result, depositId: doubt?.depositId ?? null };
}

function settleSql(inquiryId: string, body: string, told: TransactionStatusResult, now: Date): SQL {
  const at = sql`${now.toISOString()}::timestamptz`;
  const says = sql`${told.says}::text`;
  const code = sql`${told.resultCode ?? null}::text`;
  const receipt = sql`${told.receipt ?? null}::text`;
  const amount = sql`${told.amountCents?.toString() ?? null}::bigint`;
  return sql`
  with inquiry as materialized (
    select * from inquiries where id = ${inquiryId}::uuid and kind = 'transaction-status' for update
  ), seen as materialized (
    select i.id, case
      when ${code} is null then 'unclear'
      when ${isOtherConversation(told.conversationId)} then 'other_conversation'
      when i.receipt <> ${receipt} then 'other_transaction'
      when i.state <> 'answered' or i.says = 'unclear' and ${says} <> 'unclear' then 'answers'
      when ${says} = 'unclear' or i.says = ${says} and i.told_receipt is not distinct from ${receipt} and i.told_cents is not distinct from ${amount} then 'known'
      else 'contradicts' end as verdict
    from inquiry i
  ), stored as (
    ${storeEvidenceSql({ inquiryId, source: 'transaction-status', body, now })}
  ), moved as (
    update inquiries i set state = 'answered', answered_at = ${at}, says = ${says}, result_code = ${code}, told_status = ${told.status ?? null}::text,
      told_receipt = ${receipt}, told_cents = ${amount}, debit_party = ${party(told.debitParty, inquiries.debitParty)},
      credit_party = ${party(told.creditParty, inquiries.creditParty)}, reason_type = ${told.reasonType ?? null}::text,
      finalised_at = ${told.finalisedAt?.toISOString() ?? null}::timestamptz
    from seen s where i.id = s.id and s.verdict = 'answers'
  )
  select coalesce((select verdict from seen), 'no_inquiry') as verdict, (select asked_by from inquiry) as "askedBy"`;
}

/** An answer to another question, posted here: its conversation is not the one that we were acknowledged, or is another question's. For rows of `inquiry i`. */
export const isOtherConversation = (conversationId: string | undefined): SQL => sql`(
  i.conversation_id <> ${conversationId ?? null}::text
  or exists (select from inquiries o where o.conversation_id = ${conversationId ?? null}::text and o.id <> i.id))`;

const party = (told: Party | undefined, column: typeof inquiries.debitParty | typeof inquiries.creditParty): SQL =>
  told ? sql`${sql.param(JSON.stringify(told), column)}::text` : sql`null::text`;
