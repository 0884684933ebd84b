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
  /** From an asynchronous request (B2C, status, balance, reversal) to its outcome. */
  resultMs: number;
};

export type SimulatorOptions = {
  port?: number;
  seed?: number;
  clock?: 'real' | VirtualClock;
  consumerKey?: string;
  consumerSecret?: string;
  shortcode?: string | number;
  tillNumber?: string | number;
  /** Further paybills of the same organisation: customers may pay them, and each has accounts of its own. */
  otherShortcodes?: (string | number)[];
  /** Further tills of the same organisation, each with accounts of its own. */
  otherTills?: (string | number)[];
  passkey?: string;
  businessName?: string;
  /** The short code that pays out. Name the collecting one for a business with a single short code. */
  b2cShortcode?: string | number;
  /** Keys of an app of its own for the short code that pays out; the collecting app's by default. */
  b2cConsumerKey?: string;
  b2cConsumerSecret?: string;
  initiatorName?: string;
  initiatorPassword?: string;
  /** What the paying short code has in its utility account at first, where it does not also collect. */
  b2cFloatShillings?: number;
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
  otherShortcodes: string[];
  otherTills: string[];
  passkey: string;
  businessName: string;
  b2cShortcode: string;
  b2cConsumerKey: string;
  b2cConsumerSecret: string;
  initiatorName: string;
  initiatorPassword: string;
  b2cFloatShillings: number;
};

/** Safaricom's public sandbox short codes and passkey, and keys of our own. */
export function merchantOf(options: SimulatorOptions): Merchant {
  const consumerKey = options.consumerKey ?? 'local-key';
  const consumerSecret = options.consumerSecret ?? 'local-secret';
  return {
    consumerKey,
    consumerSecret,
    shortcode: String(options.shortcode ?? 174379),
    tillNumber: options.tillNumber === undefined ? null : String(options.tillNumber),
    otherShortcodes: (options.otherShortcodes ?? []).map(String),
    otherTills: (options.otherTills ?? []).map(String),
    passkey: options.passkey ?? 'bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919',
    businessName: options.businessName ?? 'Duka la Kahawa',
    b2cShortcode: String(options.b2cShortcode ?? 600996),
    b2cConsumerKey: options.b2cConsumerKey ?? consumerKey,
    b2cConsumerSecret: options.b2cConsumerSecret ?? consumerSecret,
    initiatorName: options.initiatorName ?? 'testapi',
    initiatorPassword: options.initiatorPassword ?? 'Simulator2026!',
    b2cFloatShillings: options.b2cFloatShillings ?? 1_000_000,
  };
}

export const defaultDelays: Delays = { answerMs: 4_000, callbackMs: 1_000, promptTimeoutMs: 60_000, resultMs: 2_000 };
