import { accountsOf } from './accounts.ts';
import { isReceived, isSent } from './move-money.ts';
import type { Network } from './network.ts';
import type { Accounts, Transaction } from './state.ts';

/** What M-PESA really moved and how often it was asked, whatever callbacks and answers said. Cents as decimal text. */
export type Truth = {
  /** All that customers paid, by STK push or by themselves, and other businesses. */
  receivedCents: string;
  /** All that went back to customers: payouts and reversals. */
  sentCents: string;
  /** What M-PESA charged the business for these movements. */
  chargedCents: string;
  /** From the bank into the utility account, and out of it to the settlement account. */
  toppedUpCents: string;
  sweptCents: string;
  transactions: Transaction[];
  /** What the balance query answers, by short code. */
  accounts: Record<string, Accounts>;
  promptsAccepted: number;
  payoutsAccepted: number;
  tokenCalls: number;
  queryCalls: number;
  callbacksDelivered: number;
};

const centsOf = (shillings: number[]) => shillings.reduce((cents, each) => cents + BigInt(Math.round(each * 100)), 0n).toString();

/** The truth at this moment, a copy. */
export function readTruth(network: Network): Truth {
  const { state, merchant } = network;
  const sum = (moved: Transaction[]) => centsOf(moved.map(({ amountShillings }) => amountShillings));
  const ofKind = (kind: Transaction['kind']) => sum(state.transactions.filter((moved) => moved.kind === kind));
  for (const shortcode of [merchant.shortcode, merchant.b2cShortcode]) accountsOf(network, shortcode);
  return {
    receivedCents: sum(state.transactions.filter(isReceived)),
    sentCents: sum(state.transactions.filter(isSent)),
    chargedCents: centsOf(state.transactions.map(({ chargeShillings }) => chargeShillings)),
    toppedUpCents: ofKind('top-up'),
    sweptCents: ofKind('sweep'),
    transactions: structuredClone(state.transactions),
    accounts: structuredClone(state.accounts),
    promptsAccepted: state.promptsAccepted,
    payoutsAccepted: state.payoutsAccepted,
    tokenCalls: state.tokenCalls,
    queryCalls: state.queryCalls,
    callbacksDelivered: state.callbacksDelivered,
  };
}
