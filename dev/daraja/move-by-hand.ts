import * as z from 'zod';
import { accountsOf, isMerchants, outletOf } from './accounts.ts';
import { ControlError, readOrder } from './control-error.ts';
import { payoutMessage, reversalMessage } from './customer-messages.ts';
import { isCustomers, moveMoney } from './move-money.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import { phoneNumber } from './phone-number.ts';
import type { Transaction } from './state.ts';
import { balanceOf, sendMessage } from './wallets.ts';

const BANK = { shortcode: '600951', name: 'BENKI YA MFANO' };

const shortcode = z.union([z.string(), z.number()]).transform(String).optional();
const amountShillings = z.number().positive().multipleOf(0.01);
const TopUp = z.strictObject({ shortcode, amountShillings });
const Sweep = z.strictObject({ shortcode, amountShillings: amountShillings.optional(), toBank: z.boolean().default(false) });
const HandPayout = z.strictObject({ shortcode, phone: phoneNumber, amountShillings: z.int().min(10).max(250_000) });
const HandReversal = z.strictObject({ receipt: z.string(), amountShillings: z.int().min(1).optional() });
/** Orders of people at the bank and in Safaricom's portal. */
export type TopUpInput = z.input<typeof TopUp>;
export type SweepInput = z.input<typeof Sweep>;
export type HandPayoutInput = z.input<typeof HandPayout>;
export type HandReversalInput = z.input<typeof HandReversal>;
type Moved = { receipt: string };

/** Money from the bank reaches the account that pays out. The merchant's software is not notified. */
export function topUp(network: Network, order: TopUpInput): Moved {
  const { amountShillings, ...named } = readOrder(TopUp, order);
  const owner = ownerOf(network, named.shortcode ?? network.merchant.b2cShortcode);
  return moved(network, moveMoney(network, { kind: 'top-up', phone: '', organisation: BANK, shortcode: owner, amountShillings }));
}

/** What has come in goes to the settlement account, all of it or an amount, and on to the bank if so ordered. The merchant's software is not notified. */
export function sweep(network: Network, order: SweepInput): Moved & { bankReceipt: string | null } {
  const { toBank, ...named } = readOrder(Sweep, order);
  const owner = ownerOf(network, named.shortcode ?? network.merchant.shortcode);
  const { utilityShillings } = accountsOf(network, owner);
  const amountShillings = named.amountShillings ?? utilityShillings;
  if (amountShillings <= 0 || amountShillings > utilityShillings)
    throw new ControlError(409, `${owner} has KES ${utilityShillings} there.`, 'Let somebody pay first, or sweep less.');
  const { receipt } = moved(network, moveMoney(network, { kind: 'sweep', phone: '', shortcode: owner, amountShillings }));
  if (!toBank) return { receipt, bankReceipt: null };
  const onward = { kind: 'withdrawal' as const, phone: '', organisation: BANK, shortcode: owner, amountShillings };
  return { receipt, bankReceipt: moved(network, moveMoney(network, onward)).receipt };
}

/** A person pays a customer in the portal. The merchant's software is not notified. */
export function payByHand(network: Network, order: HandPayoutInput): Moved {
  const { phone, amountShillings, ...named } = readOrder(HandPayout, order);
  const owner = ownerOf(network, named.shortcode ?? network.merchant.b2cShortcode);
  const paid = moveMoney(network, { kind: 'b2c', phone, shortcode: owner, amountShillings, byHand: true });
  sendMessage(network, phone, payoutMessage(network, paid, balanceOf(network, phone)));
  return moved(network, paid);
}

/** A person gives a customer's payment back in the portal. The merchant's software is not notified. */
export function reverseByHand(network: Network, order: HandReversalInput): Moved {
  const { receipt, amountShillings: part } = readOrder(HandReversal, order);
  const { transactions } = network.state;
  const original = transactions.find((paid) => paid.receipt === receipt && isCustomers(paid));
  if (!original) throw new ControlError(404, `No customer paid under ${receipt}.`, 'GET /simulator/truth lists what was paid.');
  const givenBack = transactions.reduce((sum, { reverses, amountShillings }) => (reverses === receipt ? sum + amountShillings : sum), 0);
  if (givenBack + (part ?? original.amountShillings) > original.amountShillings)
    throw new ControlError(409, `${receipt} was given back already.`, 'Reverse another.');
  const { phone, amountShillings, shortcode, till } = original;
  const given = {
    kind: 'reversal' as const,
    phone,
    amountShillings: part ?? amountShillings,
    shortcode,
    till,
    reverses: receipt,
    byHand: true,
  };
  const reversed = moveMoney(network, given);
  sendMessage(network, phone, reversalMessage(network, reversed, balanceOf(network, phone)));
  return moved(network, reversed);
}

function ownerOf(network: Network, number: string): string {
  if (isMerchants(network, number)) return outletOf(network, number);
  throw new ControlError(404, `No merchant has the number ${number}.`, 'See the front page.');
}

function moved(network: Network, { kind, receipt, shortcode, amountShillings }: Transaction): Moved {
  note(network, `By hand: ${kind} of KES ${amountShillings} at ${shortcode}, receipt ${receipt}.`);
  network.save();
  return { receipt };
}
