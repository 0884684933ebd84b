import type { VirtualClock } from '../virtual-clock.ts';
import type { Switches } from './switches.ts';

/** Waiting times in milliseconds of the simulator's clock. */
export type Delays = {
  /** How long a phone that answers by itself takes (recorded in production: 8 to 29 s until the callback). */
  answerMs: number;
  /** From the outcome to its callback. */
  callbackMs: number;
  /** Until an unanswered prompt gives up with 1037. */
  promptTimeoutMs: number;
};

export type SimulatorOptions = {
  port?: number;
  seed?: number;
  clock?: 'real' | VirtualClock;
  consumerKey?: string;
  consumerSecret?: string;
  shortcode?: string | number;
  tillNumber?: string | number;
  passkey?: string;
  businessName?: string;
  delays?: Partial<Delays>;
  switches?: Partial<Switches>;
  /** A file in which everything M-PESA knows is kept, so that it survives a restart. */
  stateFile?: string;
};

/** What the simulated merchant is, after defaults. */
export type Merchant = {
  consumerKey: string;
  consumerSecret: string;
  shortcode: string;
  tillNumber: string | null;
  passkey: string;
  businessName: string;
};

/** Safaricom's public sandbox short code and passkey, and keys of our own. */
export function merchantOf(options: SimulatorOptions): Merchant {
  return {
    consumerKey: options.consumerKey ?? 'local-key',
    consumerSecret: options.consumerSecret ?? 'local-secret',
    shortcode: String(options.shortcode ?? 174379),
    tillNumber: options.tillNumber === undefined ? null : String(options.tillNumber),
    passkey: options.passkey ?? 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919',
    businessName: options.businessName ?? 'Duka la Kahawa',
  };
}

export const defaultDelays: Delays = { answerMs: 4_000, callbackMs: 1_000, promptTimeoutMs: 60_000 };
