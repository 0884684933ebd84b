import { type Config, config } from '#ground/config/config.ts';
import { connect } from '#ground/db/client.ts';
import { installKeys, lookupProof } from '#ground/db/encryption.ts';
import { createLog } from '#ground/log.ts';
import { standingPurpose } from '#mpesa/payments/standing-purpose.ts';
import type { Core } from '#mpesa/wiring/app.ts';
import type { Destinations, Purposes } from '#mpesa/wiring/purpose.ts';
import { depositSavings } from '#sacco/accounts/deposit-savings.ts';
import { repayLoan } from '#sacco/loans/repay-loan.ts';
import { bookingFee } from '#shop/bookings/purpose.ts';
import { donation, order } from '#shop/orders/purposes.ts';

const destinations: Destinations = { savings: depositSavings, loan: repayLoan };
const purposes: Purposes = {
  ...{ order, donation, booking_fee: bookingFee },
  ...{ savings: standingPurpose('savings', depositSavings), loan_repayment: standingPurpose('loan', repayLoan) },
};

/** Wires the core without opening anything: connections are made when they are used. */
export function createCore(settings: Config, own: Partial<Pick<Core, 'clock' | 'log'>> = {}): Core {
  const clock = own.clock ?? { now: () => new Date(Date.now() + settings.clockAheadMs) };
  const log = own.log ?? createLog();
  installKeys(settings.keys);
  const db = connect(settings.databaseUrl, (error) => log.error('connection_broke', error), {
    environment: settings.mpesa.environment,
    lookup: lookupProof(settings.keys),
  });
  return { config: settings, db, clock, log, purposes, destinations };
}

let current: Core | undefined;

/** The core of this process, wired from its configuration at first use. */
export function core(): Core {
  current ??= createCore(config());
  return current;
}

/** Replaces the core of this process: for tests, benchmarks and local tools. */
export function useCore(other: Core): void {
  current = other;
}
