import * as z from 'zod';
import { type ParsedResult, parseResult, readParameter } from './parse-result.ts';
import { type ResultReasonWord, resultReason } from './payout-result-codes.ts';
import { readMoment } from './read-moment.ts';
import { type Party, readParty } from './read-party.ts';
import { amount, realReceipt, requiredId } from './shapes.ts';

/**
 * What became of the transaction that was asked about. `completed` and `reversed` always have receipt and amountCents; `failed` is final; `pending` is not;
 * `unclear` decides nothing, and a code other than 0 is then about the question alone. conversationId and originatorConversationId are the question's; those with
 * `asked` are the transaction's.
 */
export type TransactionStatusResult = Omit<ParsedResult, 'says' | 'parameters' | 'unreadable' | 'transactionId'> & {
  says: 'completed' | 'failed' | 'reversed' | 'pending' | 'unclear';
  status?: string;
  receipt?: string;
  amountCents?: bigint;
  debitParty?: Party;
  creditParty?: Party;
  reasonType?: string;
  askedConversationId?: string;
  askedOriginatorConversationId?: string;
  finalisedAt?: Date;
};

// The portal's words; any other word decides nothing. Reversed is not among the portal's, but its meaning is beyond doubt.
const MEANING = new Map<string, TransactionStatusResult['says']>([
  ['completed', 'completed'],
  ['cancelled', 'failed'],
  ['declined', 'failed'],
  ['expired', 'failed'],
  ['reversed', 'reversed'],
  ['initiated', 'pending'],
  ['authorized', 'pending'],
  ['pending authorized', 'pending'],
]);

const words = z.string().max(100);
const party = z.string().transform(readParty);

/** Whether a party names anybody: an empty text or a dash does not. */
const isSomebody = (party: Party | undefined): party is Party =>
  party !== undefined && ('phone' in party || 'shortcode' in party || /[\p{L}\p{N}]/u.test(party.name));

/** Reads the body of a status result. Never throws: what is unreadable, tampered with or contradictory is `unclear`. */
export function parseTransactionStatusResult(body: string): TransactionStatusResult {
  const { parameters, unreadable, transactionId: _, says: answered, ...envelope } = parseResult(body);
  const source = { parameters, unreadable };
  const status = readParameter(source, 'TransactionStatus', words);
  const receipt = readParameter(source, 'ReceiptNo', realReceipt);
  const amountRead = readParameter(source, 'Amount', amount);
  const debitParty = readParameter(source, 'DebitPartyName', party);
  const creditParty = readParameter(source, 'CreditPartyName', party);
  const conversation = readParameter(source, 'ConversationID', requiredId);
  const originator = readParameter(source, 'OriginatorConversationID', requiredId);
  const finalised = readParameter(source, 'FinalisedTime', words);
  const reasonType = readParameter(source, 'ReasonType', words);
  const finalisedAt = finalised.value === undefined ? undefined : readMoment(finalised.value);

  const sound = [status, receipt, amountRead, debitParty, creditParty, conversation, originator].every((each) => each.sound);
  const known = receipt.value !== undefined && amountRead.value !== undefined;
  return {
    ...envelope,
    says: answered === 'done' && sound ? meaningOf(status.value, known) : 'unclear',
    ...(status.value && { status: status.value }),
    ...(receipt.value && { receipt: receipt.value }),
    ...(amountRead.value && { amountCents: amountRead.value }),
    ...(isSomebody(debitParty.value) && { debitParty: debitParty.value }),
    ...(isSomebody(creditParty.value) && { creditParty: creditParty.value }),
    ...(reasonType.value && { reasonType: reasonType.value }),
    ...(conversation.value && { askedConversationId: conversation.value }),
    ...(originator.value && { askedOriginatorConversationId: originator.value }),
    ...(finalisedAt && { finalisedAt }),
  };
}

function meaningOf(status: string | undefined, known: boolean): TransactionStatusResult['says'] {
  const says = MEANING.get(status?.trim().toLowerCase() ?? '') ?? 'unclear';
  return (says === 'completed' || says === 'reversed') && !known ? 'unclear' : says;
}

/** What an answer may say of a transaction that Safaricom has not: which code it gives is not documented, so one that is in none of its tables counts too. */
const NOTHING_KNOWN: readonly ResultReasonWord[] = ['not_on_mpesa', 'receipt_invalid', 'unknown'];

/** Whether Safaricom has answered that it has no such transaction: not that it was busy, that the question was wrong, or that our initiator may not ask. */
export function knowsNothing(body: string): boolean {
  const { resultCode, status, receipt } = parseTransactionStatusResult(body);
  if (resultCode === undefined || resultCode === '0' || status !== undefined || receipt !== undefined) return false;
  return NOTHING_KNOWN.includes(resultReason(resultCode).word);
}
