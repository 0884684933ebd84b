import { book, toCents } from './book.ts';
import { chargesOf } from './charges.ts';
import { createConversationId, createReceipt, createRequestId } from './identifiers.ts';
import type { Network } from './network.ts';
import type { Transaction } from './state.ts';
import { balanceOf } from './wallets.ts';
import { findWellKnownPhone } from './well-known-phones.ts';

type Movement = Pick<Transaction, 'kind' | 'phone' | 'amountShillings' | 'shortcode'> &
  Partial<
    Omit<Transaction, 'kind' | 'phone' | 'amountShillings' | 'shortcode' | 'receipt' | 'at' | 'chargeShillings' | 'customerChargeShillings'>
  >;

/** A receipt that no transaction has. */
export const newReceipt = ({ clock, state }: Network): string =>
  createReceipt(clock.now(), state, (taken) => state.transactions.some(({ receipt }) => receipt === taken));

/** Whether a customer paid. */
export const isCustomers = ({ kind }: Pick<Transaction, 'kind'>): boolean => kind === 'stk' || kind === 'c2b';
/** Whether money came in from customers or other businesses. */
export const isReceived = (moved: Pick<Transaction, 'kind'>): boolean => isCustomers(moved) || moved.kind === 'organisation';
/** Whether money went out to customers. */
export const isSent = ({ kind }: Pick<Transaction, 'kind'>): boolean => kind === 'b2c' || kind === 'reversal';

/** Moves money between the merchant's accounts and a customer's wallet, another business or the bank, and takes M-PESA's charges. Nothing else moves money. */
export function moveMoney(network: Network, movement: Movement, receipt = newReceipt(network)): Transaction {
  const { state, clock } = network;
  const till = movement.till ?? null;
  const charges = chargesOf(network, { ...movement, till });
  const transaction: Transaction = {
    accountReference: '',
    organisation: null,
    checkoutRequestId: null,
    conversationId: createConversationId(clock.now(), state),
    originatorConversationId: createRequestId(state),
    reverses: null,
    byHand: false,
    ...movement,
    till,
    customerChargeShillings: charges.customerShillings,
    chargeShillings: charges.businessShillings,
    receipt,
    at: clock.now().toISOString(),
  };
  state.transactions.push(transaction);
  bookMovement(network, transaction);
  moveWallet(network, transaction);
  return transaction;
}

function bookMovement(network: Network, { kind, receipt, shortcode, amountShillings, chargeShillings }: Transaction): void {
  const line = { receipt, shortcode, kind: 'movement' as const };
  const isIn = kind === 'top-up' || isReceived({ kind });
  if (kind === 'withdrawal') book(network, { ...line, account: 'settlement', amountShillings: -amountShillings });
  else book(network, { ...line, account: 'utility', amountShillings: isIn ? amountShillings : -amountShillings });
  if (kind === 'sweep') book(network, { ...line, account: 'settlement', amountShillings });
  const account = network.arranged.switches.chargedAccount;
  if (chargeShillings > 0) book(network, { ...line, account, kind: 'charge', amountShillings: -chargeShillings });
}

function moveWallet(network: Network, moved: Transaction): void {
  const { phone, amountShillings, customerChargeShillings } = moved;
  if (phone === '' || findWellKnownPhone(phone)?.endless) return;
  const cost = isReceived(moved) ? amountShillings + customerChargeShillings : -amountShillings;
  network.state.balances[phone] = toCents(balanceOf(network, phone) - cost);
}
