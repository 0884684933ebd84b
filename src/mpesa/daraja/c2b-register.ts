import * as z from 'zod';
import { type Api, postToDaraja } from './api.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest, sendable } from './read-request.ts';
import { accepted } from './shapes.ts';

/**
 * The addresses to which Safaricom reports paybill payments. The version decides how later notices show the payer: v1 by a hash of the phone, v2 by a masked phone.
 * `responseType` is what happens to a payment when the validation address does not answer in time.
 */
export type C2bUrls = {
  version: 'v1' | 'v2';
  responseType: 'Completed' | 'Cancelled';
  confirmationUrl: string;
  validationUrl: string;
  shortcode?: string;
};

// Safaricom refuses addresses with these words in them, even inside other words.
const FORBIDDEN = /m-?pesa|safaricom|exe|cmd|sql|query/i;

/** Whether an address, or a part of one, is free of the words that Safaricom refuses. */
export const isRegistrable = (address: string): boolean => !FORBIDDEN.test(address);

const address = sendable.url.refine(isRegistrable);
const Request = z.object({
  version: z.enum(['v1', 'v2']),
  responseType: z.enum(['Completed', 'Cancelled']),
  confirmationUrl: address,
  validationUrl: address,
  shortcode: sendable.shortcode.optional(),
});
const Accepted = z.object({ ResponseCode: accepted });

/**
 * Registers the two addresses. In production this works once: a later call is refused as `already_registered` until an operator deletes them in Safaricom's portal.
 * Safe to repeat.
 */
export async function registerC2bUrls(api: Api, request: C2bUrls): Promise<void> {
  const { version, responseType, confirmationUrl, validationUrl, shortcode } = readRequest(Request, request);
  const answer = await postToDaraja(api, `/mpesa/c2b/${version}/registerurl`, {
    ShortCode: shortcode ?? api.merchant.shortcode,
    ResponseType: responseType,
    ConfirmationURL: confirmationUrl,
    ValidationURL: validationUrl,
  });
  readAnswer(Accepted, answer);
}
