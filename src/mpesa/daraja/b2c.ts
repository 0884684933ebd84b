import * as z from 'zod';
import type { Api } from './api.ts';
import { type Acknowledged, postAsInitiator, type ResultUrls } from './initiator.ts';
import { readRequest, sendable } from './read-request.ts';
import type { TokenLease } from './token.ts';

/** `originatorConversationId` is our id of the payout: made once, and the same in every try. `phone` is 2547... or 2541.... */
export type B2cRequest = ResultUrls & {
  originatorConversationId: string;
  phone: string;
  amountShillings: number;
  commandId: 'BusinessPayment' | 'SalaryPayment' | 'PromotionPayment';
  remarks: string;
  occasion: string;
};

const SMALLEST_SHILLINGS = 10; // Safaricom's limit for a payout

const Request = z.object({
  originatorConversationId: z.string().regex(/^[A-Za-z0-9_-]{5,60}$/),
  phone: sendable.phone,
  amountShillings: sendable.shillings(SMALLEST_SHILLINGS),
  commandId: z.enum(['BusinessPayment', 'SalaryPayment', 'PromotionPayment']),
  remarks: sendable.remarks,
  occasion: sendable.occasion,
  resultUrl: sendable.url,
  timeoutUrl: sendable.url,
});

/**
 * Asks for one payout. After an error of kind `unclear` the same request with the same id may be sent again: Safaricom pays an id
 * once and answers `duplicate_request` when the first one got in. A new id pays again.
 */
export async function sendB2c(api: Api, request: B2cRequest, lease?: TokenLease): Promise<Acknowledged> {
  const { originatorConversationId, phone, amountShillings, commandId, remarks, occasion, ...urls } = readRequest(Request, request);
  return postAsInitiator(api, {
    path: '/mpesa/b2c/v3/paymentrequest',
    ownId: originatorConversationId,
    lease,
    body: (initiator, credential) => ({
      OriginatorConversationID: originatorConversationId,
      InitiatorName: initiator.name,
      SecurityCredential: credential,
      CommandID: commandId,
      Amount: amountShillings,
      PartyA: initiator.shortcode,
      PartyB: phone,
      Remarks: remarks,
      QueueTimeOutURL: urls.timeoutUrl,
      ResultURL: urls.resultUrl,
      ...(occasion && { Occassion: occasion }),
    }),
  });
}
