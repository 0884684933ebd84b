import { createHash } from 'node:crypto';
import type { Config } from './config.ts';
import { type Core, core, createCore, useCore } from './core.ts';
import { createDaraja, type Daraja } from './daraja/client.ts';
import type { TokenCache } from './daraja/token.ts';
import { undoRepayments } from './loans/reverse-repayment.ts';
import type { UndoRepayments } from './payments/purpose.ts';
import { createTokenCache } from './token-cache/token-cache.ts';

/** Everything the code needs from the outside world. Tests build their own with a real database, a simulated Safaricom and a clock they turn. */
export type App = Core & {
  daraja: Daraja;
  /** The row of the token cache that belongs to our Daraja account. */
  tokenAccount: string;
  /** Takes repayments of money that never came out of their loans. */
  undoRepayments: UndoRepayments;
};

/** Wires the application. Calls nobody: connections are made when they are used. */
export const createApp = (settings: Config, own: Partial<Pick<App, 'clock' | 'log'>> = {}): App => wire(createCore(settings, own));

function wire(wired: Core): App {
  const { config, db, clock } = wired;
  const { environment, tillNumber, ...merchant } = config.mpesa;
  const accountOf = (consumerKey: string) => `daraja:${environment}:${createHash('sha256').update(consumerKey).digest('hex').slice(0, 16)}`;
  const tokenCacheOf = (consumerKey: string) => createTokenCache({ db, clock, account: accountOf(consumerKey) });
  const initiator = config.initiator && wireInitiator(config.initiator, merchant.shortcode, tokenCacheOf);
  const tokenCache = tokenCacheOf(merchant.consumerKey);
  const daraja = createDaraja({ ...merchant, ...(tillNumber && { tillNumber }), ...(initiator && { initiator }), tokenCache, clock });
  return { ...wired, daraja, tokenAccount: accountOf(merchant.consumerKey), undoRepayments };
}

function wireInitiator(
  { app: own, shortcode, ...initiator }: NonNullable<Config['initiator']>,
  collection: string,
  tokenCacheOf: (key: string) => TokenCache,
) {
  return { ...initiator, shortcode: shortcode ?? collection, ...(own && { ...own, tokenCache: tokenCacheOf(own.consumerKey) }) };
}

let current: App | undefined;

/** The application of this process, wired from its configuration at first use. */
export function app(): App {
  current ??= wire(core());
  return current;
}

/** Puts another application in its place: for tests, benchmarks and local tools. */
export function useApp(other: App): void {
  current = other;
  useCore(other);
}
