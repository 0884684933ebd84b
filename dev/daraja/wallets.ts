import { failedMessage, paidMessage } from './customer-messages.ts';
import { createReceipt } from './identifiers.ts';
import { nairobiDay } from './nairobi-time.ts';
import type { Network } from './network.ts';
import type { OutcomeName } from './outcomes.ts';
import type { Prompt } from './state.ts';
import { findWellKnownPhone } from './well-known-phones.ts';

/** What one customer may pay in a day (Safaricom, 2025). */
const DAILY_LIMIT_SHILLINGS = 500_000;
const RULE_SEVENTEEN_MS = 2 * 60_000;

/** What this phone has in its wallet, in whole shillings. */
export const balanceOf = (network: Network, phone: string): number =>
  network.state.balances[phone] ?? network.arranged.switches.startBalanceShillings;

/** What becomes of a wanted outcome once wallet, limits and rules have been looked at. Only `paid` can change. */
export function decideOutcome(network: Network, prompt: Prompt, wanted: OutcomeName): OutcomeName {
  if (wanted !== 'paid') return wanted;
  if (network.arranged.switches.ruleSeventeen && paidTheSameJustNow(network, prompt)) return 'rule-limited';
  if (findWellKnownPhone(prompt.phone)?.endless) return 'paid';
  if (balanceOf(network, prompt.phone) < prompt.amountShillings) return 'insufficient-funds';
  return paidToday(network, prompt.phone) + prompt.amountShillings > DAILY_LIMIT_SHILLINGS ? 'daily-limit' : 'paid';
}

/** Moves the money of a prompt from the customer to the business and returns the receipt. */
export function movePayment(network: Network, prompt: Prompt): string {
  const { state, clock } = network;
  const { phone, amountShillings, checkoutRequestId, accountReference } = prompt;
  const receipt = createReceipt(clock.now(), state, (taken) => state.transactions.some((transaction) => transaction.receipt === taken));
  state.transactions.push({ receipt, phone, amountShillings, checkoutRequestId, accountReference, at: clock.now().toISOString() });
  if (!findWellKnownPhone(phone)?.endless) state.balances[phone] = balanceOf(network, phone) - amountShillings;
  return receipt;
}

/** Sends the customer M-PESA's message about a prompt that has ended, if M-PESA sends one. */
export function tellCustomer(network: Network, prompt: Prompt): void {
  if (!prompt.outcome) return;
  const balance = balanceOf(network, prompt.phone);
  const text = prompt.receipt
    ? paidMessage(network, prompt, prompt.receipt, balance)
    : failedMessage(network, prompt, prompt.outcome, balance);
  if (text) network.state.messages.push({ phone: prompt.phone, text, at: network.clock.now().toISOString() });
}

function paidTheSameJustNow(network: Network, { phone, amountShillings }: Prompt): boolean {
  const since = network.clock.now().getTime() - RULE_SEVENTEEN_MS;
  return network.state.transactions.some(
    (paid) => paid.phone === phone && paid.amountShillings === amountShillings && Date.parse(paid.at) > since,
  );
}

function paidToday(network: Network, phone: string): number {
  const today = nairobiDay(network.clock.now());
  return network.state.transactions
    .filter((paid) => paid.phone === phone && nairobiDay(new Date(paid.at)) === today)
    .reduce((sum, paid) => sum + paid.amountShillings, 0);
}
