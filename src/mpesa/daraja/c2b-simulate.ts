import * as z from 'zod';
import { type Api, postToDaraja } from './api.ts';
import { cleanText } from './clean-text.ts';
import { DarajaError } from './errors.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest, sendable } from './read-request.ts';
import { accepted } from './shapes.ts';

/** A customer's payment to be played: `reference` is what they type as the account number (of a paybill; a till has none). */
export type C2bSimulation = { version: 'v1' | 'v2'; phone: string; amountShillings: number; reference?: string; shortcode?: string };

const Request = z.object({
  version: z.enum(['v1', 'v2']),
  phone: sendable.phone,
  amountShillings: sendable.shillings(1),
  reference: z
    .string()
    .transform((text) => cleanText(text, 20))
    .optional(),
  shortcode: sendable.shortcode.optional(),
});
const Accepted = z.object({ ResponseCode: accepted });

/** Plays a customer who pays by paybill or till, in the sandbox only: against production it is refused without being sent. */
export async function simulateC2b(api: Api, request: C2bSimulation): Promise<void> {
  const { version, phone, amountShillings, reference, shortcode } = readRequest(Request, request);
  if (new URL(api.baseUrl).hostname === 'api.safaricom.co.ke') {
    throw new DarajaError({ kind: 'refused', reason: 'bad_request' }, 'payments are simulated in the sandbox only');
  }
  const forTill = api.merchant.transactionType === 'till';
  const answer = await postToDaraja(api, `/mpesa/c2b/${version}/simulate`, {
    ShortCode: shortcode ?? (forTill ? api.merchant.tillNumber : api.merchant.shortcode),
    CommandID: forTill ? 'CustomerBuyGoodsOnline' : 'CustomerPayBillOnline',
    Amount: amountShillings,
    Msisdn: phone,
    BillRefNumber: forTill ? null : (reference ?? ''),
  });
  readAnswer(Accepted, answer);
}
