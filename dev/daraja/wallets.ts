import { customerChargeOf } from './charges.ts';
import { failedMessage, paidMessage } from './customer-messages.ts';
import { nairobiDay } from './nairobi-time.ts';
import type { Network } from './network.ts';
import type { OutcomeName } from './outcomes.ts';
import type { Prompt, Transaction } from './state.ts';
import { findWellKnownPhone } from './well-known-phones.ts';

/** What one customer may pay, and be paid, in a day, and what a wallet holds at most (Safaricom, 2025). */
const DAILY_LIMIT_SHILLINGS = 500_000;
const LARGEST_BALANCE_SHILLINGS = 500_000;
const RULE_SEVENTEEN_MS = 2 * 60_000;

/** What this phone has in its wallet, in whole shillings. */
export function balanceOf(network: Network, phone: string): number {
  const hasNone = findWellKnownPhone(phone)?.endless === false;
  return network.state.balances[phone] ?? (hasNone ? 0 : network.arranged.switches.startBalanceShillings);
}

/** What becomes of a wanted outcome once wallet, limits and rules have been looked at. Only `paid` can change. */
export function decideOutcome(network: Network, prompt: Prompt, wanted: OutcomeName): OutcomeName {
  if (wanted !== 'paid') return wanted;
  if (network.arranged.switches.ruleSeventeen && paidTheSameJustNow(network, prompt)) return 'rule-limited';
  const number = prompt.transactionType === 'CustomerBuyGoodsOnline' ? prompt.partyB : network.merchant.shortcode;
  return decidePayment(network, prompt.phone, number, prompt.amountShillings);
}

/** Whether a wallet may now pay this much, and M-PESA's charge, to a number. */
export function decidePayment(
  network: Network,
  phone: string,
  number: string,
  amountShillings: number,
): 'paid' | 'insufficient-funds' | 'daily-limit' {
  if (findWellKnownPhone(phone)?.endless) return 'paid';
  if (balanceOf(network, phone) < amountShillings + customerChargeOf(network, number, amountShillings)) return 'insufficient-funds';
  return paidToday(network, phone) + amountShillings > DAILY_LIMIT_SHILLINGS ? 'daily-limit' : 'paid';
}

/** Whether a wallet may receive this much now. */
export function decideReceiving(network: Network, phone: string, amountShillings: number): 'received' | 'daily-limit' | 'recipient-full' {
  if (findWellKnownPhone(phone)?.endless) return 'received';
  if (sumToday(network, phone, ['b2c']) + amountShillings > DAILY_LIMIT_SHILLINGS) return 'daily-limit';
  return balanceOf(network, phone) + amountShillings > LARGEST_BALANCE_SHILLINGS ? 'recipient-full' : 'received';
}

/** Sends a phone a message. */
export function sendMessage(network: Network, phone: string, text: string): void {
  network.state.messages.push({ phone, text, at: network.clock.now().toISOString() });
}

/** Sends the customer M-PESA's message about a prompt that has ended, if M-PESA sends one. */
export function tellCustomer(network: Network, prompt: Prompt): void {
  if (!prompt.outcome) return;
  const balance = balanceOf(network, prompt.phone);
  const cost = network.state.transactions.find(({ receipt }) => receipt === prompt.receipt)?.customerChargeShillings ?? 0;
  const text = prompt.receipt
    ? paidMessage(network, prompt, prompt.receipt, cost, balance)
    : failedMessage(network, prompt, prompt.outcome, balance);
  if (text) sendMessage(network, prompt.phone, text);
}

function paidTheSameJustNow(network: Network, { phone, amountShillings }: Prompt): boolean {
  const since = network.clock.now().getTime() - RULE_SEVENTEEN_MS;
  return network.state.transactions.some(
    (paid) => paid.kind === 'stk' && paid.phone === phone && paid.amountShillings === amountShillings && Date.parse(paid.at) > since,
  );
}

const paidToday = (network: Network, phone: string) => sumToday(network, phone, ['stk', 'c2b']);

function sumToday(network: Network, phone: string, kinds: Transaction['kind'][]): number {
  const today = nairobiDay(network.clock.now());
  return network.state.transactions
    .filter((moved) => moved.phone === phone && kinds.includes(moved.kind) && nairobiDay(new Date(moved.at)) === today)
    .reduce((sum, moved) => sum + moved.amountShillings, 0);
}
