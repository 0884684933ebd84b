import { isTill } from './accounts.ts';
import { promptText } from './customer-messages.ts';
import type { Network } from './network.ts';
import type { OutcomeName } from './outcomes.ts';
import { Plan } from './plan.ts';
import type { Prompt } from './state.ts';

/** From 182 characters on M-PESA fails to send a prompt (documented). */
const LONGEST_PROMPT = 181;

/** The plan of a request that is accepted but can never reach a handset: something is wrong with it that only the core checks. */
export function planForFaultyPrompt(
  network: Network,
  request: Pick<Prompt, 'transactionType' | 'partyB' | 'amountShillings' | 'accountReference'>,
): Plan | null {
  const { merchant } = network;
  const fails = (outcome: OutcomeName) => Plan.parse({ outcome, delayMs: 0 });
  if (request.transactionType === 'CustomerPayBillOnline' && request.partyB !== merchant.shortcode) return fails('not-permitted');
  if (request.transactionType === 'CustomerBuyGoodsOnline' && !isTill(network, request.partyB)) return fails('unknown-operator');
  return promptText(network, request).length > LONGEST_PROMPT ? fails('prompt-failed') : null;
}
