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

/** Who we are to Safaricom. `tillNumber` is there whenever the type is `till`. */
export type Merchant = { shortcode: string; tillNumber?: string; passkey: string; transactionType: 'paybill' | 'till' };

/**
 * The user of Safaricom's who acts for the business where no customer types a PIN, and the short code they act for. With an app of
 * its own it needs consumerKey, consumerSecret and tokenCache, all three; without, it shares those of the collection.
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

/** Without a failure the answer is a 2xx JSON object that states no error. */
export type DarajaExchange = DarajaAnswer & { failure: DarajaFailure | undefined };

/**
 * Posts JSON once, and a second time only after an invalid token, which proves that the first was not looked at.
 * Throws a DarajaError when there was no token or no answer.
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
