import type { Network } from './network.ts';
import type { Transaction } from './state.ts';

/** What M-PESA really moved and how often it was asked, whatever callbacks and answers said. Cents as decimal text. */
export type Truth = {
  receivedCents: string;
  sentCents: string;
  transactions: Transaction[];
  promptsAccepted: number;
  tokenCalls: number;
  queryCalls: number;
  callbacksDelivered: number;
};

/** The truth at this moment, a copy. */
export function readTruth({ state }: Network): Truth {
  const received = state.transactions.reduce((sum, { amountShillings }) => sum + BigInt(amountShillings) * 100n, 0n);
  return {
    receivedCents: received.toString(),
    sentCents: '0',
    transactions: structuredClone(state.transactions),
    promptsAccepted: state.promptsAccepted,
    tokenCalls: state.tokenCalls,
    queryCalls: state.queryCalls,
    callbacksDelivered: state.callbacksDelivered,
  };
}
