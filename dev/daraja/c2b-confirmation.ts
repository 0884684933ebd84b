import { accountsOf, outletOf } from './accounts.ts';
import { noticeBody } from './c2b-notice.ts';
import { editBody } from './callback-body.ts';
import { tell } from './deliver.ts';
import type { Network } from './network.ts';
import { postLater } from './post-later.ts';
import { DeliveryPlan, takePlan } from './result-plan.ts';
import type { Prompt, Registration, Transaction } from './state.ts';

/** The registration for notices about this number, if any: its own or its outlet's, else that of its head office, the short code that collects. */
export function registrationOf(network: Network, number: string): Registration | null {
  const { registrations } = network.state;
  const owner = [number, outletOf(network, number), network.merchant.shortcode].find((code) => Object.hasOwn(registrations, code));
  return (owner !== undefined && registrations[owner]) || null;
}

/** Overrides when a confirmation comes: after so many milliseconds, or `now`, before the promise resolves. */
type When = number | 'now' | undefined;

/** Promises the confirmation of a payment that was made, where its short code has registered. */
export async function confirmPayment(network: Network, paid: Transaction, thirdPartyId = '', when?: When): Promise<void> {
  const registration = registrationOf(network, paid.till ?? paid.shortcode);
  if (!registration) return;
  const plan = takePlan(network.arranged.noticePlans, paid.phone || null) ?? DeliveryPlan.parse({});
  const body = noticeBody(network, registration, {
    ...paid,
    at: new Date(paid.at),
    reference: referenceOf(network, paid),
    thirdPartyId,
    orgBalance: accountsOf(network, paid.shortcode).utilityShillings.toFixed(2),
  });
  const url = registration.confirmationUrl;
  const about = `confirmation of ${paid.receipt}`;
  const posted =
    when === 'now'
      ? editBody(network, body, plan.bodyEdits)
      : postLater(network, 'confirmation', about, url, body, { ...plan, ...(when !== undefined && { callbackMs: when }) });
  network.state.notices.push({ receipt: paid.receipt, url, body: posted });
  network.save();
  if (when === 'now' && !plan.lost) await tell(network, 'confirmation', about, url, posted);
}

/** Safaricom notifies a short code with registered URLs of its STK payments too, under the same receipt. */
export async function confirmPrompt(network: Network, prompt: Prompt, when?: When): Promise<void> {
  const paid = network.state.transactions.find(({ receipt }) => receipt === prompt.receipt);
  if (!paid || !network.arranged.switches.stkAsC2b) return;
  await confirmPayment(network, paid, '', when);
}

const referenceOf = ({ arranged }: Network, { kind, accountReference }: Transaction) =>
  kind === 'stk' && arranged.switches.stkReference === 'empty' ? '' : accountReference;
