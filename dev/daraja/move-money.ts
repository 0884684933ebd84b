import { accountsOf } from './accounts.ts';
import { createConversationId, createReceipt, createRequestId } from './identifiers.ts';
import type { Network } from './network.ts';
import type { Transaction } from './state.ts';
import { balanceOf } from './wallets.ts';
import { findWellKnownPhone } from './well-known-phones.ts';

type Movement = Pick<Transaction, 'kind' | 'phone' | 'amountShillings' | 'shortcode'> &
  Partial<Omit<Transaction, 'kind' | 'phone' | 'amountShillings' | 'shortcode' | 'receipt' | 'at'>>;

/** A receipt that no transaction has. */
export const newReceipt = ({ clock, state }: Network): string =>
  createReceipt(clock.now(), state, (taken) => state.transactions.some(({ receipt }) => receipt === taken));

/** Whether a customer paid. */
export const isCustomers = ({ kind }: Pick<Transaction, 'kind'>): boolean => kind === 'stk' || kind === 'c2b';
/** Whether money came in. */
export const isReceived = (moved: Pick<Transaction, 'kind'>): boolean => isCustomers(moved) || moved.kind === 'organisation';

/** Moves money between the merchant's utility account and a customer's wallet or another business. Nothing else does. */
export function moveMoney(network: Network, movement: Movement, receipt = newReceipt(network)): Transaction {
  const { state, clock } = network;
  const transaction: Transaction = {
    accountReference: '',
    organisation: null,
    till: null,
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
  if (phone !== '' && !findWellKnownPhone(phone)?.endless) state.balances[phone] = balanceOf(network, phone) - toMerchant;
  return transaction;
}
