import * as z from 'zod';
import { type Api, postToDaraja } from './api.ts';
import { cleanText } from './clean-text.ts';
import { DarajaError } from './errors.ts';
import { readJsonObject } from './read-json-object.ts';
import { readRequest, sendable } from './read-request.ts';
import { requiredId } from './shapes.ts';
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
  ResponseCode: z.union([z.literal('0'), z.literal(0)]).optional(),
});

/**
 * Asks for one prompt on the customer's phone. Never sent again after anything ambiguous: a DarajaError of kind `unclear` means
 * that the prompt may be on its way, one of kind `refused` that there is none.
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
  const { failure, text, httpStatus } = await postToDaraja(api, '/mpesa/stkpush/v1/processrequest', body, lease);
  if (failure) throw new DarajaError(failure);
  const accepted = Accepted.safeParse(readJsonObject(text));
  if (!accepted.success) throw new DarajaError({ kind: 'unclear', reason: 'unreadable_answer', httpStatus });
  return { merchantRequestId: accepted.data.MerchantRequestID, checkoutRequestId: accepted.data.CheckoutRequestID };
}
