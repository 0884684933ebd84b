import * as z from 'zod';
import type { Api } from './api.ts';
import { type Acknowledged, postAsInitiator, type ResultUrls } from './initiator.ts';
import { readRequest, sendable } from './read-request.ts';

/** `receipt` and `amountShillings` are those of the payment. `shortcode` is the one that received it, by default the collection's own. */
export type ReversalRequest = ResultUrls & { receipt: string; amountShillings: number; remarks: string; shortcode?: string };

const Request = z.object({
  receipt: sendable.receipt,
  amountShillings: sendable.shillings(1),
  remarks: sendable.remarks,
  shortcode: sendable.shortcode.optional(),
  resultUrl: sendable.url,
  timeoutUrl: sendable.url,
});

/**
 * Asks for a customer's payment (C2B or a prompt, never a payout) to be given back in full. The request has no id of ours: after an
 * error of kind `unclear` ask for the status first. A second one for the same receipt fails as `already_reversed`.
 */
export async function reverseTransaction(api: Api, request: ReversalRequest): Promise<Acknowledged> {
  const { receipt, amountShillings, remarks, shortcode, resultUrl, timeoutUrl } = readRequest(Request, request);
  return postAsInitiator(api, {
    path: '/mpesa/reversal/v1/request',
    body: (initiator, credential) => ({
      Initiator: initiator.name,
      SecurityCredential: credential,
      CommandID: 'TransactionReversal',
      TransactionID: receipt,
      Amount: amountShillings,
      ReceiverParty: shortcode ?? api.merchant.shortcode,
      RecieverIdentifierType: '11', // Safaricom's spelling; 11 means a reversal
      ResultURL: resultUrl,
      QueueTimeOutURL: timeoutUrl,
      Remarks: remarks,
    }),
  });
}
