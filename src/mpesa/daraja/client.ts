import { type AccountBalanceRequest, askAccountBalance } from './account-balance.ts';
import type { Api, Initiator, InitiatorOptions, Merchant } from './api.ts';
import { type B2cRequest, sendB2c } from './b2c.ts';
import { type C2bUrls, registerC2bUrls } from './c2b-register.ts';
import { fetchToken } from './fetch-token.ts';
import type { Acknowledged } from './initiator.ts';
import { type PulledPage, type PullQuery, type PullRegistration, queryPull, registerPull } from './pull.ts';
import { type ReversalRequest, reverseTransaction } from './reversal.ts';
import { pushStk, type StkPushAccepted, type StkPushRequest } from './stk-push.ts';
import { queryStk, type StkQueryAnswer } from './stk-query.ts';
import { createTokenSource, type TokenCache, type TokenLease, type TokenSource } from './token.ts';
import { askTransactionStatus, type TransactionStatusRequest } from './transaction-status.ts';

/** `baseUrl` chooses sandbox, production or a simulator; `tokenCache` is shared by all instances. Time-out 15 s unless given. */
export type DarajaOptions = Merchant & {
  baseUrl: string;
  consumerKey: string;
  consumerSecret: string;
  tokenCache: TokenCache;
  clock: { now(): Date };
  initiator?: InitiatorOptions;
  fetch?: typeof fetch;
  timeoutMs?: number;
};

/** Safaricom's API in our words. Whatever fails throws a DarajaError. */
export type Daraja = {
  /** Prompts the customer once. Pass `lease` when a statement of the caller's own has already read the token cache. */
  stkPush(request: StkPushRequest, lease?: TokenLease): Promise<StkPushAccepted>;
  /** Asks what became of a prompt; safe to repeat. */
  stkQuery(checkoutRequestId: string): Promise<StkQueryAnswer>;
  /** Whether memory holds a fresh token, so that no lease is needed. */
  hasToken(): boolean;
  /** Asks for a payout; safe to repeat only with the same id. `lease` comes from the initiator's token cache. */
  sendB2c(request: B2cRequest, lease?: TokenLease): Promise<Acknowledged>;
  /** Asks what became of a transaction; safe to repeat. */
  askTransactionStatus(request: TransactionStatusRequest): Promise<Acknowledged>;
  /** Asks for the balances of a short code; safe to repeat. */
  askAccountBalance(request: AccountBalanceRequest): Promise<Acknowledged>;
  /** Asks for the reversal of a payment. Before repeating it, ask for the payment's status. */
  reverseTransaction(request: ReversalRequest): Promise<Acknowledged>;
  /** Registers the addresses to which Safaricom reports paybill payments; in production this works once. */
  registerC2bUrls(request: C2bUrls): Promise<void>;
  /** Registers a live short code for the pull API; safe to repeat. */
  registerPull(request: PullRegistration): Promise<'registered' | 'already registered'>;
  /** Lists payments of the last 48 hours; safe to repeat. */
  queryPull(request: PullQuery): Promise<PulledPage>;
};

/** Wires the client. Makes no network call; throws when the options cannot work. */
export function createDaraja(options: DarajaOptions): Daraja {
  const { baseUrl, consumerKey, consumerSecret, shortcode, tillNumber, passkey, transactionType, tokenCache, clock } = options;
  if (!URL.canParse(baseUrl)) throw new Error('daraja: baseUrl is not a URL');
  if (transactionType === 'till' && !tillNumber) throw new Error('daraja: a till needs its tillNumber beside the shortcode');
  const { fetch = globalThis.fetch, timeoutMs = 15_000 } = options;

  const tokensOf = (app: App) =>
    createTokenSource({ cache: app.tokenCache, clock, fetchToken: () => fetchToken({ baseUrl, ...app, clock, fetch, timeoutMs }) });
  const tokens = tokensOf({ consumerKey, consumerSecret, tokenCache });
  const merchant: Merchant = { shortcode, passkey, transactionType, ...(tillNumber && { tillNumber }) };
  const initiator = options.initiator && wireInitiator(options.initiator, tokens, tokensOf);
  const api: Api = { baseUrl, fetch, timeoutMs, tokens, clock, merchant, ...(initiator && { initiator }) };

  return {
    stkPush: (request, lease) => pushStk(api, request, lease),
    stkQuery: (checkoutRequestId) => queryStk(api, checkoutRequestId),
    hasToken: () => tokens.hasFresh(),
    sendB2c: (request, lease) => sendB2c(api, request, lease),
    askTransactionStatus: (request) => askTransactionStatus(api, request),
    askAccountBalance: (request) => askAccountBalance(api, request),
    reverseTransaction: (request) => reverseTransaction(api, request),
    registerC2bUrls: (request) => registerC2bUrls(api, request),
    registerPull: (request) => registerPull(api, request),
    queryPull: (request) => queryPull(api, request),
  };
}

type App = { consumerKey: string; consumerSecret: string; tokenCache: TokenCache };

function wireInitiator(options: InitiatorOptions, shared: TokenSource, tokensOf: (app: App) => TokenSource): Initiator {
  const { consumerKey, consumerSecret, tokenCache, ...initiator } = options;
  if (!consumerKey && !consumerSecret) return { ...initiator, tokens: shared };
  if (consumerKey && consumerSecret && tokenCache) return { ...initiator, tokens: tokensOf({ consumerKey, consumerSecret, tokenCache }) };
  throw new Error('daraja: an initiator with an app of its own needs consumerKey, consumerSecret and tokenCache');
}
