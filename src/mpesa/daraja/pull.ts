import * as z from 'zod';
import { type Api, postToDaraja } from './api.ts';
import { toNairobiTimestamp } from './nairobi-timestamp.ts';
import { type PulledRows, parsePulledTransactions } from './parse-pull.ts';
import { readAnswer } from './read-answer.ts';
import { readRequest, sendable } from './read-request.ts';

/** `phone` is the nominated number in the short code's papers, 2547... or 2541.... */
export type PullRegistration = { phone: string; callbackUrl: string; shortcode?: string };

/** `offset` counts rows from 0; Safaricom remembers 48 hours. */
export type PullQuery = { from: Date; to: Date; offset: number; shortcode?: string };

/** One page: ask again with the offset raised by `rowCount` until a page has no rows. `unreadable` rows are payments that could not be read. */
export type PulledPage = PulledRows;

const Registration = z.object({ phone: sendable.phone, callbackUrl: sendable.url, shortcode: sendable.shortcode.optional() });
const Query = z.object({ from: z.date(), to: z.date(), offset: z.number().int().min(0), shortcode: sendable.shortcode.optional() });

const text = z.union([z.string(), z.number().transform(String)]);
const Registered = z.object({ ResponseStatus: text.pipe(z.enum(['1000', '1001'])) });
const Page = z.union([
  z.object({ ResponseCode: text.pipe(z.literal('1000')), Response: z.array(z.unknown()) }).transform(({ Response }) => Response),
  z.object({ ResponseCode: text.pipe(z.literal('1001')) }).transform(() => []), // no payments in that time
]);

/** Registers a live short code for pulling. Once is enough, and it is safe to repeat. */
export async function registerPull(api: Api, request: PullRegistration): Promise<'registered' | 'already registered'> {
  const { phone, callbackUrl, shortcode } = readRequest(Registration, request);
  const answer = await postToDaraja(api, '/pulltransactions/v1/register', {
    ShortCode: shortcode ?? api.merchant.shortcode,
    RequestType: 'Pull',
    NominatedNumber: phone,
    CallBackURL: callbackUrl,
  });
  return readAnswer(Registered, answer).ResponseStatus === '1000' ? 'registered' : 'already registered';
}

/** Asks for the payments received between two moments; safe to repeat. Overlap the windows: Safaricom lists rows late, and some twice. */
export async function queryPull(api: Api, request: PullQuery): Promise<PulledPage> {
  const { from, to, offset, shortcode } = readRequest(Query, request);
  const answer = await postToDaraja(api, '/pulltransactions/v1/query', {
    ShortCode: shortcode ?? api.merchant.shortcode,
    StartDate: toPullDate(from),
    EndDate: toPullDate(to),
    OffSetValue: String(offset),
  });
  return parsePulledTransactions(readAnswer(Page, answer));
}

/** yyyy-MM-dd HH:mm:ss on a clock in Nairobi. */
function toPullDate(at: Date): string {
  return toNairobiTimestamp(at).replace(/^(....)(..)(..)(..)(..)(..)$/, '$1-$2-$3 $4:$5:$6');
}
