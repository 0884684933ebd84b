import { accountsOf } from './accounts.ts';
import { createConversationId, createReceipt, createRequestId } from './identifiers.ts';
import type { Network } from './network.ts';
import type { Transaction } from './state.ts';
import { balanceOf } from './wallets.ts';
import { findWellKnownPhone } from './well-known-phones.ts';

type Movement = Pick<Transaction, 'kind' | 'phone' | 'amountShillings' | 'shortcode'> &
  Partial<Pick<Transaction, 'accountReference' | 'checkoutRequestId' | 'conversationId' | 'originatorConversationId' | 'reverses'>>;

/** A receipt that no transaction has. */
export const newReceipt = ({ clock, state }: Network): string =>
  createReceipt(clock.now(), state, (taken) => state.transactions.some(({ receipt }) => receipt === taken));

/** Whether money came in. */
export const isReceived = ({ kind }: Transaction): boolean => kind === 'stk' || kind === 'c2b';

/** Moves money between a customer's wallet and the merchant's utility account. Nothing else does. */
export function moveMoney(network: Network, movement: Movement, receipt = newReceipt(network)): Transaction {
  const { state, clock } = network;
  const transaction: Transaction = {
    accountReference: '',
    checkoutRequestId: null,
    conversationId: createConversationId(clock.now(), state),
    originatorConversationId: createRequestId(state),
    reverses: null,
    ...movement,
    receipt,
    at: clock.now().toISOString(),
  };
  state.transactions.push(transaction);
  const { phone, amountShillings, shortcode } = transaction;
  const toMerchant = isReceived(transaction) ? amountShillings : -amountShillings;
  accountsOf(network, shortcode).utilityShillings += toMerchant;
  if (!findWellKnownPhone(phone)?.endless) state.balances[phone] = balanceOf(network, phone) - toMerchant;
  return transaction;
}
