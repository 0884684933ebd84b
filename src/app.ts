import { createHash } from 'node:crypto';
import { core, createCore, useCore } from '#core.ts';
import type { Config } from '#ground/config/config.ts';
import { createDaraja } from '#mpesa/daraja/client.ts';
import type { TokenCache } from '#mpesa/daraja/token.ts';
import { createTokenCache } from '#mpesa/token-cache/token-cache.ts';
import type { App, Core } from '#mpesa/wiring/app.ts';
import type { Upstairs } from '#mpesa/wiring/upstairs.ts';
import { tellSaver } from '#sacco/accounts/deposit-savings.ts';
import { loanToSendSql, ownKindSql, repaidBesideSql, wasUnpaidSql } from '#sacco/loans/upstairs.ts';
import { isInvoicedSql } from '#shop/invoices/upstairs.ts';

const upstairs: Upstairs = { repaidBesideSql, wasUnpaidSql, loanToSendSql, ownKindSql, isInvoicedSql, tellSaver };

/** Wires the application without calling anything: connections are made when they are used. */
export const createApp = (settings: Config, own: Partial<Pick<App, 'clock' | 'log'>> = {}): App => wire(createCore(settings, own));

function wire(wired: Core): App {
  const { config, db, clock } = wired;
  const { environment, tillNumber, ...merchant } = config.mpesa;
  const accountOf = (consumerKey: string) => `daraja:${environment}:${createHash('sha256').update(consumerKey).digest('hex').slice(0, 16)}`;
  const tokenCacheOf = (consumerKey: string) => createTokenCache({ db, clock, account: accountOf(consumerKey) });
  const initiator = config.initiator && wireInitiator(config.initiator, merchant.shortcode, tokenCacheOf);
  const tokenCache = tokenCacheOf(merchant.consumerKey);
  const daraja = createDaraja({ ...merchant, ...(tillNumber && { tillNumber }), ...(initiator && { initiator }), tokenCache, clock });
  return { ...wired, daraja, tokenAccount: accountOf(merchant.consumerKey), upstairs };
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

/** Replaces the application of this process: for tests, benchmarks and local tools. */
export function useApp(other: App): void {
  current = other;
  useCore(other);
}
