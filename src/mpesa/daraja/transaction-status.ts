import * as z from 'zod';
import type { Api } from './api.ts';
import { type Acknowledged, postAsInitiator, type ResultUrls } from './initiator.ts';
import { readRequest, sendable } from './read-request.ts';
import { requiredId } from './shapes.ts';

/** Names the transaction by its receipt, or by the id of our request for it. `shortcode` is the party that made or received it, by default the initiator's own. */
export type TransactionStatusRequest = ResultUrls & { shortcode?: string; remarks?: string; occasion?: string } & (
    | { receipt: string }
    | { originatorConversationId: string }
  );

const Rest = z.object({
  shortcode: sendable.shortcode.optional(),
  remarks: sendable.remarks.default('Status'),
  occasion: sendable.occasion.optional(),
  resultUrl: sendable.url,
  timeoutUrl: sendable.url,
});
const ByReceipt = Rest.extend({ receipt: sendable.receipt });
const ById = Rest.extend({ originatorConversationId: requiredId });

/** Asks what became of a transaction; safe to repeat. The answer comes as a result, and a DarajaError means that none will come. */
export async function askTransactionStatus(api: Api, request: TransactionStatusRequest): Promise<Acknowledged> {
  const { which, ...rest } = readQuestion(request);
  return postAsInitiator(api, {
    path: '/mpesa/transactionstatus/v1/query',
    body: (initiator, credential) => ({
      Initiator: initiator.name,
      SecurityCredential: credential,
      CommandID: 'TransactionStatusQuery',
      ...which,
      PartyA: rest.shortcode ?? initiator.shortcode,
      IdentifierType: '4',
      ResultURL: rest.resultUrl,
      QueueTimeOutURL: rest.timeoutUrl,
      Remarks: rest.remarks,
      ...(rest.occasion && { Occasion: rest.occasion }),
    }),
  });
}

function readQuestion(request: TransactionStatusRequest) {
  if ('receipt' in request) {
    const { receipt, ...rest } = readRequest(ByReceipt, request);
    return { ...rest, which: { TransactionID: receipt } };
  }
  const { originatorConversationId, ...rest } = readRequest(ById, request);
  return { ...rest, which: { OriginalConversationID: originatorConversationId } };
}
