import { nairobiMessageTime } from './nairobi-time.ts';
import type { Network } from './network.ts';
import type { OutcomeName } from './outcomes.ts';
import type { Prompt } from './state.ts';

const kes = (shillings: number) => shillings.toLocaleString('en-KE');
const ksh = (shillings: number) => `Ksh${kes(shillings)}.00`;

/** What the handset asks. M-PESA refuses prompts that are longer than 181 characters. */
export const promptText = (network: Network, prompt: Pick<Prompt, 'amountShillings' | 'accountReference'>): string =>
  `Do you want to pay KES ${kes(prompt.amountShillings)} to ${network.merchant.businessName} account ${prompt.accountReference}? Enter M-PESA PIN:`;

/** M-PESA's message to a customer who has paid. */
export function paidMessage(network: Network, prompt: Prompt, receipt: string, balanceShillings: number): string {
  const { merchant, clock } = network;
  const payee =
    prompt.transactionType === 'CustomerBuyGoodsOnline'
      ? `paid to ${merchant.businessName}.`
      : `sent to ${merchant.businessName} for account ${prompt.accountReference}`;
  return `${receipt} Confirmed. ${ksh(prompt.amountShillings)} ${payee} on ${nairobiMessageTime(clock.now())}. New M-PESA balance is ${ksh(balanceShillings)}. Transaction cost, Ksh0.00.`;
}

/** M-PESA's message to a customer whose payment failed, for those outcomes that send one. */
export function failedMessage(network: Network, prompt: Prompt, outcome: OutcomeName, balanceShillings: number): string | null {
  const sum = `${ksh(prompt.amountShillings)} to ${network.merchant.businessName}`;
  if (outcome === 'insufficient-funds') {
    return `Failed. You do not have enough money in your M-PESA account to pay ${sum}. Your M-PESA balance is ${ksh(balanceShillings)}.`;
  }
  if (outcome === 'wrong-pin') return `Failed. You have entered the wrong M-PESA PIN. ${sum} was not paid.`;
  if (outcome === 'pin-locked') return `Failed. Your M-PESA PIN is locked. Call 100 or 200 for help. ${sum} was not paid.`;
  if (outcome === 'daily-limit') return `Failed. This payment of ${sum} would exceed your daily limit.`;
  return null;
}
