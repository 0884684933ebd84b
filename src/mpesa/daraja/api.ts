import { classify } from './classify.ts';
import type { DarajaFailure } from './errors.ts';
import { type DarajaAnswer, sendRequest } from './send-request.ts';
import type { Token, TokenCache, TokenLease, TokenSource } from './token.ts';

/** What every API file needs to make its call. */
export type Api = {
  baseUrl: string;
  fetch: typeof fetch;
  timeoutMs: number;
  tokens: TokenSource;
  clock: { now(): Date };
  merchant: Merchant;
  initiator?: Initiator;
};

/** Our business as Safaricom knows it. `tillNumber` is present whenever the type is `till`. */
export type Merchant = { shortcode: string; tillNumber?: string; passkey: string; transactionType: 'paybill' | 'till' };

/**
 * The user in Safaricom's portal who acts for the business where no customer types a PIN, and the short code they act for. An initiator with a Daraja app of its own
 * has consumerKey, consumerSecret and tokenCache, all three; without them it uses the app of the collection.
 */
export type InitiatorOptions = {
  name: string;
  password: string;
  certificatePem: string;
  shortcode: string;
  consumerKey?: string;
  consumerSecret?: string;
  tokenCache?: TokenCache;
};

export type Initiator = Pick<InitiatorOptions, 'name' | 'password' | 'certificatePem' | 'shortcode'> & { tokens: TokenSource };

/** One answer of Safaricom's. `failure` is undefined only for a 2xx JSON object that states no error. */
export type DarajaExchange = DarajaAnswer & { failure: DarajaFailure | undefined };

/**
 * Posts JSON once, and a second time only when the token was rejected, which proves that the first request was not processed. Throws a DarajaError when there was no
 * token or no answer.
 */
export async function postToDaraja(api: Api, path: string, body: object, lease?: TokenLease): Promise<DarajaExchange> {
  const token = await api.tokens.take(lease);
  const first = await postWith(token, api, path, body);
  if (first.failure?.reason !== 'invalid_token') return first;
  return postWith(await api.tokens.replace(token), api, path, body);
}

async function postWith(token: Token, { baseUrl, fetch, timeoutMs }: Api, path: string, body: object): Promise<DarajaExchange> {
  const answer = await sendRequest(fetch, {
    method: 'POST',
    url: new URL(path, baseUrl),
    headers: { Authorization: `Bearer ${token.value}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    timeoutMs,
  });
  return { ...answer, failure: classify(answer.httpStatus, answer.text) };
}
