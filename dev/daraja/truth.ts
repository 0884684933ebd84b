import { accountsOf } from './accounts.ts';
import { isReceived } from './move-money.ts';
import type { Network } from './network.ts';
import type { Accounts, Transaction } from './state.ts';

/** What M-PESA really moved and how often it was asked, whatever callbacks and answers said. Cents as decimal text. */
export type Truth = {
  /** All that customers paid, by STK push or by themselves, and other businesses. */
  receivedCents: string;
  /** All that went back to customers: payouts and reversals. */
  sentCents: string;
  transactions: Transaction[];
  /** What the balance query tells, by short code. */
  accounts: Record<string, Accounts>;
  promptsAccepted: number;
  payoutsAccepted: number;
  tokenCalls: number;
  queryCalls: number;
  callbacksDelivered: number;
};

/** The truth at this moment, a copy. */
export function readTruth(network: Network): Truth {
  const { state, merchant } = network;
  const sum = (moved: Transaction[]) =>
    moved.reduce((cents, { amountShillings }) => cents + BigInt(Math.round(amountShillings * 100)), 0n).toString();
  for (const shortcode of [merchant.shortcode, merchant.b2cShortcode]) accountsOf(network, shortcode);
  return {
    receivedCents: sum(state.transactions.filter(isReceived)),
    sentCents: sum(state.transactions.filter((moved) => !isReceived(moved))),
    transactions: structuredClone(state.transactions),
    accounts: structuredClone(state.accounts),
    promptsAccepted: state.promptsAccepted,
    payoutsAccepted: state.payoutsAccepted,
    tokenCalls: state.tokenCalls,
    queryCalls: state.queryCalls,
    callbacksDelivered: state.callbacksDelivered,
  };
}
