import type { Api, Merchant } from './api.ts';
import { fetchToken } from './fetch-token.ts';
import { pushStk, type StkPushAccepted, type StkPushRequest } from './stk-push.ts';
import { queryStk, type StkQueryAnswer } from './stk-query.ts';
import { createTokenSource, type TokenCache, type TokenLease } from './token.ts';

/** `baseUrl` chooses sandbox, production or a simulator; `tokenCache` is shared by all instances. Time-out 15 s unless given. */
export type DarajaOptions = Merchant & {
  baseUrl: string;
  consumerKey: string;
  consumerSecret: string;
  tokenCache: TokenCache;
  clock: { now(): Date };
  fetch?: typeof fetch;
  timeoutMs?: number;
};

/** Safaricom's API in our words. Whatever fails throws a DarajaError. */
export type Daraja = {
  /** Prompts the customer once. Pass the lease when the caller's own statement already asked the token cache. */
  stkPush(request: StkPushRequest, lease?: TokenLease): Promise<StkPushAccepted>;
  /** Asks what became of a prompt; safe to repeat. */
  stkQuery(checkoutRequestId: string): Promise<StkQueryAnswer>;
  /** True when memory holds a fresh token, so that a lease would be needless. */
  hasToken(): boolean;
};

/** Wires the client. Does no network call; throws when the options cannot work. */
export function createDaraja(options: DarajaOptions): Daraja {
  const { baseUrl, consumerKey, consumerSecret, shortcode, tillNumber, passkey, transactionType, tokenCache, clock } = options;
  if (!URL.canParse(baseUrl)) throw new Error('daraja: baseUrl is not a URL');
  if (transactionType === 'till' && !tillNumber) throw new Error('daraja: a till needs its tillNumber beside the shortcode');
  const { fetch = globalThis.fetch, timeoutMs = 15_000 } = options;

  const tokens = createTokenSource({
    cache: tokenCache,
    clock,
    fetchToken: () => fetchToken({ baseUrl, consumerKey, consumerSecret, clock, fetch, timeoutMs }),
  });
  const merchant: Merchant = { shortcode, passkey, transactionType, ...(tillNumber && { tillNumber }) };
  const api: Api = { baseUrl, fetch, timeoutMs, tokens, clock, merchant };

  return {
    stkPush: (request, lease) => pushStk(api, request, lease),
    stkQuery: (checkoutRequestId) => queryStk(api, checkoutRequestId),
    hasToken: () => tokens.hasFresh(),
  };
}
