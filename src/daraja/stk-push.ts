import * as z from 'zod';
import { type Api, postToDaraja } from './api.ts';
import { DarajaError, type DarajaReason } from './errors.ts';
import { readJsonObject } from './read-json-object.ts';
import { signStkRequest } from './sign-stk-request.ts';
import type { TokenLease } from './token.ts';

/** `phone` is 2547... or 2541...; the customer reads `reference` (12 characters survive) and `description` (13). */
export type StkPushRequest = { phone: string; amountShillings: number; reference: string; description: string; callbackUrl: string };

/** Safaricom will prompt the customer: no money has moved. The checkout id contains the phone number, so keep it out of logs. */
export type StkPushAccepted = { merchantRequestId: string; checkoutRequestId: string };

const LARGEST_SHILLINGS = 250_000; // Safaricom's limit for one transaction

const Request = z.object({
  phone: z.string().regex(/^254[17]\d{8}$/),
  amountShillings: z.number().int().min(1).max(LARGEST_SHILLINGS),
  reference: z
    .string()
    .transform((text) => cleanText(text, 12))
    .pipe(z.string().min(1)),
  description: z.string().transform((text) => cleanText(text, 13) || 'Payment'), // documented as optional, refused when missing
  callbackUrl: z.string().max(2000).refine(URL.canParse),
});

const REASON_OF_FIELD: Record<string, DarajaReason> = {
  phone: 'invalid_phone',
  amountShillings: 'invalid_amount',
  callbackUrl: 'invalid_callback_url',
};

const id = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const Accepted = z.object({
  MerchantRequestID: id,
  CheckoutRequestID: id,
  ResponseCode: z.union([z.literal('0'), z.literal(0)]).optional(),
});

/**
 * Asks for one prompt on the customer's phone. Never sent again after anything ambiguous: a DarajaError of kind `unclear` means
 * that the prompt may be on its way, one of kind `refused` that there is none.
 */
export async function pushStk(api: Api, request: StkPushRequest, lease?: TokenLease): Promise<StkPushAccepted> {
  const { phone, amountShillings, reference, description, callbackUrl } = readRequest(request);
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

function readRequest(request: StkPushRequest): StkPushRequest {
  const read = Request.safeParse(request);
  if (read.success) return read.data;
  const field = String(read.error.issues[0]?.path[0]);
  throw new DarajaError({ kind: 'refused', reason: REASON_OF_FIELD[field] ?? 'bad_request' }, `${field} not sendable`);
}

/** Signs like @ # & have made requests fail, so only letters, digits, space and - . / remain. */
function cleanText(text: string, longest: number): string {
  const plain = text.normalize('NFKD').replace(/[^A-Za-z0-9 ./-]/g, '');
  return plain.replace(/ +/g, ' ').trim().slice(0, longest).trim();
}
