import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import { type OutcomeName, outcomes } from './outcomes.ts';
import type { Plan } from './plan.ts';
import type { Prompt } from './state.ts';

/** Codes that the core itself decides; before 2020 their texts had the core's prefix, all others the push service's. */
const CORE_CODES: ReadonlySet<number | string> = new Set([1, 2001]);

/**
 * The callback's text as it goes over the wire. It is written by hand since the amount has two decimals there (350.00), which no JSON number keeps. For a
 * prompt that has not ended, `outcome` is what the callback claims.
 */
export function callbackBody(network: Network, prompt: Prompt, outcome: OutcomeName = prompt.outcome ?? 'no-answer'): string {
  const { code, says } = outcomes[outcome];
  const head =
    `"MerchantRequestID":${JSON.stringify(prompt.merchantRequestId)},"CheckoutRequestID":${JSON.stringify(prompt.checkoutRequestId)},` +
    `"ResultCode":${JSON.stringify(code)},"ResultDesc":${JSON.stringify(prefix(network, code) + says)}`;
  const metadata = prompt.receipt === null ? '' : `,"CallbackMetadata":{"Item":[${metadataItems(network, prompt, prompt.receipt)}]}`;
  return `{"Body":{"stkCallback":{${head}${metadata}}}}`;
}

/** The text with a plan's changes made. A change that finds nothing is noted. */
export function editBody(network: Network, body: string, edits: Plan['bodyEdits']): string {
  return edits.reduce((text, { find, replace }) => {
    if (!text.includes(find)) note(network, `An edit found nothing to change: ${find}`);
    return text.replace(find, () => replace);
  }, body);
}

function metadataItems(network: Network, prompt: Prompt, receipt: string): string {
  const { transactionDateSkewMs, callbackPhone } = network.arranged.switches;
  const transactionDate = nairobiTimestamp(new Date(Date.parse(prompt.settledAt ?? prompt.requestedAt) + transactionDateSkewMs));
  const phone = callbackPhone === 'number' ? prompt.phone : JSON.stringify(`${prompt.phone.slice(0, 4)} ***** ${prompt.phone.slice(-3)}`);
  return [
    `{"Name":"Amount","Value":${prompt.amountShillings}.00}`,
    `{"Name":"MpesaReceiptNumber","Value":"${receipt}"}`,
    '{"Name":"Balance"}',
    `{"Name":"TransactionDate","Value":${transactionDate}}`,
    `{"Name":"PhoneNumber","Value":${phone}}`,
  ].join(',');
}

function prefix(network: Network, code: number | string): string {
  if (network.arranged.switches.wording === 'current' || code === 0) return '';
  return CORE_CODES.has(code) ? '[MpesaCB - ]' : '[STK_CB - ]';
}
