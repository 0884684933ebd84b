import { nairobiMessageTime } from './nairobi-time.ts';
import type { Network } from './network.ts';
import type { OutcomeName } from './outcomes.ts';
import type { C2bPayment, Prompt, Transaction } from './state.ts';

const kes = (shillings: number) => shillings.toLocaleString('en-KE');
const ksh = (shillings: number) => `Ksh${shillings.toLocaleString('en-KE', { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;

/** What the handset asks. M-PESA refuses prompts that are longer than 181 characters. */
export const promptText = (network: Network, prompt: Pick<Prompt, 'amountShillings' | 'accountReference'>): string =>
  `Do you want to pay KES ${kes(prompt.amountShillings)} to ${network.merchant.businessName} account ${prompt.accountReference}? Enter M-PESA PIN:`;

/** M-PESA's message to a customer who has paid. */
export function paidMessage(network: Network, prompt: Prompt, receipt: string, costShillings: number, balanceShillings: number): string {
  const { merchant, clock } = network;
  const payee =
    prompt.transactionType === 'CustomerBuyGoodsOnline'
      ? `paid to ${merchant.businessName}.`
      : `sent to ${merchant.businessName} for account ${prompt.accountReference}`;
  return `${receipt} Confirmed. ${ksh(prompt.amountShillings)} ${payee} on ${nairobiMessageTime(clock.now())}. New M-PESA balance is ${ksh(balanceShillings)}. Transaction cost, ${ksh(costShillings)}.`;
}

/** M-PESA's message to a customer whose payment failed, for those outcomes that send one. */
export function failedMessage(
  network: Network,
  prompt: Pick<Prompt, 'amountShillings'>,
  outcome: OutcomeName,
  balanceShillings: number,
): string | null {
  const sum = `${ksh(prompt.amountShillings)} to ${network.merchant.businessName}`;
  if (outcome === 'insufficient-funds') {
    return `Failed. You do not have enough money in your M-PESA account to pay ${sum}. Your M-PESA balance is ${ksh(balanceShillings)}.`;
  }
  if (outcome === 'wrong-pin') return `Failed. You have entered the wrong M-PESA PIN. ${sum} was not paid.`;
  if (outcome === 'pin-locked') return `Failed. Your M-PESA PIN is locked. Call 100 or 200 for help. ${sum} was not paid.`;
  if (outcome === 'daily-limit') return `Failed. This payment of ${sum} would exceed your daily limit.`;
  return null;
}

/** M-PESA's message to a customer whom the business has paid. */
export const payoutMessage = (network: Network, { receipt, amountShillings }: Transaction, balanceShillings: number): string =>
  `${receipt} Confirmed. You have received ${ksh(amountShillings)} from ${network.merchant.businessName} on ${nairobiMessageTime(network.clock.now())}. New M-PESA balance is ${ksh(balanceShillings)}.`;

/** M-PESA's message to a customer whose payment was reversed. */
export const reversalMessage = (network: Network, { receipt, reverses, amountShillings }: Transaction, balanceShillings: number): string =>
  `${receipt} Confirmed. The payment ${reverses} of ${ksh(amountShillings)} to ${network.merchant.businessName} was reversed on ${nairobiMessageTime(network.clock.now())}. New M-PESA balance is ${ksh(balanceShillings)}.`;

/** M-PESA's message to a customer who paid a paybill or till by themselves. */
export function c2bPaidMessage(network: Network, payment: C2bPayment, paid: Transaction, balanceShillings: number): string {
  const { merchant, clock } = network;
  const payee =
    payment.transactionType === 'Buy Goods'
      ? `paid to ${merchant.businessName}.`
      : `sent to ${merchant.businessName} for account ${payment.account}`;
  return `${paid.receipt} Confirmed. ${ksh(payment.amountShillings)} ${payee} on ${nairobiMessageTime(clock.now())}. New M-PESA balance is ${ksh(balanceShillings)}. Transaction cost, ${ksh(paid.customerChargeShillings)}.`;
}

/** What the customer reads for each code with which a merchant refuses a payment. */
const REJECTIONS: Record<string, string> = {
  C2B00011: 'Your phone number was not accepted.',
  C2B00012: 'The account number is not valid. Check it and try again.',
  C2B00013: 'The amount is not valid.',
  C2B00014: 'Your details were not accepted.',
  C2B00015: 'The business number is not valid.',
};

/** M-PESA's message to a customer whose payment the merchant, or M-PESA in its place, refused. */
export const c2bRejectedMessage = (network: Network, { amountShillings, account }: C2bPayment, code: string): string =>
  `Failed. Your payment of ${ksh(amountShillings)} to ${network.merchant.businessName} for account ${account} was not accepted. ${REJECTIONS[code] ?? 'Try again later.'}`;
