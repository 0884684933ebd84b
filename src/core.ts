import { depositSavings } from './accounts/deposit-savings.ts';
import { bookingFee } from './bookings/purpose.ts';
import { type Config, config } from './config.ts';
import { connect } from './db/client.ts';
import { installKeys } from './db/encryption.ts';
import type { Db } from './db/types.ts';
import { repayLoan } from './loans/repay-loan.ts';
import { createLog, type Log } from './log.ts';
import { donation, order } from './orders/purposes.ts';
import type { Destinations, Purposes } from './payments/purpose.ts';
import { standingPurpose } from './payments/standing-purpose.ts';

/** What the code needs that never calls anybody: enough to be told something and to book it. Callbacks start with no more than this, so they start fast. */
export type Core = {
  config: Config;
  db: Db;
  clock: { now(): Date };
  log: Log;
  purposes: Purposes;
  destinations: Destinations;
};

const destinations: Destinations = { savings: depositSavings, loan: repayLoan };
const purposes: Purposes = {
  ...{ order, donation, booking_fee: bookingFee },
  ...{ savings: standingPurpose('savings', depositSavings), loan_repayment: standingPurpose('loan', repayLoan) },
};

/** Wires the core. Opens nothing: connections are made when they are used. */
export function createCore(settings: Config, own: Partial<Pick<Core, 'clock' | 'log'>> = {}): Core {
  const clock = own.clock ?? { now: () => new Date(Date.now() + settings.clockAheadMs) };
  const log = own.log ?? createLog();
  installKeys(settings.keys);
  const db = connect(settings.databaseUrl, (error) => log.error('connection_broke', error), { environment: settings.mpesa.environment });
  return { config: settings, db, clock, log, purposes, destinations };
}

let current: Core | undefined;

/** The core of this process, wired from its configuration at first use. */
export function core(): Core {
  current ??= createCore(config());
  return current;
}

/** Puts another core in its place: for tests, benchmarks and local tools. */
export function useCore(other: Core): void {
  current = other;
}
