import * as z from 'zod';
import { type Api, postToDaraja } from './api.ts';
import { cleanText } from './clean-text.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest, sendable } from './read-request.ts';
import { accepted as acceptedCode, requiredId } from './shapes.ts';
import { signStkRequest } from './sign-stk-request.ts';
import type { TokenLease } from './token.ts';

/** `phone` is 2547... or 2541...; the customer reads `reference` (12 characters survive) and `description` (13). */
export type StkPushRequest = { phone: string; amountShillings: number; reference: string; description: string; callbackUrl: string };

/** Safaricom will prompt the customer: no money has moved. The checkout id contains the phone number, so keep it out of logs. */
export type StkPushAccepted = { merchantRequestId: string; checkoutRequestId: string };

const Request = z.object({
  phone: sendable.phone,
  amountShillings: sendable.shillings(1),
  reference: z
    .string()
    .transform((text) => cleanText(text, 12))
    .pipe(z.string().min(1)),
  description: z.string().transform((text) => cleanText(text, 13) || 'Payment'), // documented as optional, refused when missing
  callbackUrl: sendable.url,
});

const Accepted = z.object({
  MerchantRequestID: requiredId,
  CheckoutRequestID: requiredId,
  ResponseCode: acceptedCode.optional(),
});

/**
 * Asks for one prompt on the customer's phone. Never repeats an ambiguous call: a DarajaError of kind `unclear` means that the prompt may be on its way, one of kind
 * `refused` that there is none.
 */
export async function pushStk(api: Api, request: StkPushRequest, lease?: TokenLease): Promise<StkPushAccepted> {
  const { phone, amountShillings, reference, description, callbackUrl } = readRequest(Request, request);
  const { merchant } = api;
  const forTill = merchant.transactionType === 'till';
  const body = {
    ...signStkRequest(api),
    TransactionType: forTill ? 'CustomerBuyGoodsOnline' : 'CustomerPayBillOnline',
    Amount: amountShillings,
    PartyA: phone,
    PartyB: forTill ? merchant.tillNumber : merchant.shortcode,
    PhoneNumber: phone,
    CallBackURL: callbackUrl,
    AccountReference: reference,
    TransactionDesc: description,
  };
  const accepted = readAnswer(Accepted, await postToDaraja(api, '/mpesa/stkpush/v1/processrequest', body, lease));
  return { merchantRequestId: accepted.MerchantRequestID, checkoutRequestId: accepted.CheckoutRequestID };
}
