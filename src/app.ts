import { createHash } from 'node:crypto';
import { type Config, config } from './config.ts';
import { createDaraja, type Daraja } from './daraja/client.ts';
import { connect } from './db/client.ts';
import { installKeys } from './db/encryption.ts';
import type { Db } from './db/types.ts';
import { createLog, type Log } from './log.ts';
import { donation, order } from './orders/purposes.ts';
import type { Purposes } from './payments/purpose.ts';
import { createTokenCache } from './token-cache/token-cache.ts';

/** Everything the code needs from the outside world. Tests build their own with a real database, a simulated Safaricom and a clock they turn. */
export type App = {
  config: Config;
  db: Db;
  daraja: Daraja;
  /** The row of the token cache that belongs to our Daraja account. */
  tokenAccount: string;
  clock: { now(): Date };
  log: Log;
  purposes: Purposes;
};

/** Wires the application. Opens nothing: connections are made when they are used. */
export function createApp(settings: Config, own: Partial<Pick<App, 'clock' | 'log'>> = {}): App {
  const clock = own.clock ?? { now: () => new Date() };
  const log = own.log ?? createLog();
  const { mpesa } = settings;
  installKeys(settings.keys);
  const db = connect(settings.databaseUrl, (error) => log.error('idle_connection_broke', error));
  const tokenAccount = `daraja:${mpesa.environment}:${createHash('sha256').update(mpesa.consumerKey).digest('hex').slice(0, 16)}`;
  const { tillNumber, environment: _, ...merchant } = mpesa;
  const daraja = createDaraja({
    ...merchant,
    ...(tillNumber && { tillNumber }),
    tokenCache: createTokenCache({ db, clock, account: tokenAccount }),
    clock,
  });
  return { config: settings, db, daraja, tokenAccount, clock, log, purposes: { order, donation } };
}

let current: App | undefined;

/** The application of this process, wired from its configuration at first use. */
export function app(): App {
  current ??= createApp(config());
  return current;
}

/** Puts another application in its place: for tests, benchmarks and local tools. */
export function useApp(other: App): void {
  current = other;
}
