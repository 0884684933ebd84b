import { accountsOf, outletOf } from './accounts.ts';
import { noticeBody } from './c2b-notice.ts';
import type { Network } from './network.ts';
import { postLater } from './post-later.ts';
import { DeliveryPlan, takePlan } from './result-plan.ts';
import type { Prompt, Registration, Transaction } from './state.ts';

/**
 * Where notices about this number go, if anywhere: what was registered for it or for its outlet, else what its head office, the
 * short code that collects, has registered.
 */
export function registrationOf(network: Network, number: string): Registration | null {
  const { registrations } = network.state;
  const owner = [number, outletOf(network, number), network.merchant.shortcode].find((code) => Object.hasOwn(registrations, code));
  return (owner !== undefined && registrations[owner]) || null;
}

/** Promises the confirmation of a payment that was made, where its short code has registered. */
export function confirmPayment(network: Network, paid: Transaction, thirdPartyId = ''): void {
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
  network.state.notices.push({ receipt: paid.receipt, url, body: postLater(network, `confirmation of ${paid.receipt}`, url, body, plan) });
  network.save();
}

/** Safaricom tells a short code with registered URLs of its STK payments too, under the same receipt. */
export function confirmPrompt(network: Network, prompt: Prompt): void {
  const paid = network.state.transactions.find(({ receipt }) => receipt === prompt.receipt);
  if (!paid || !network.arranged.switches.stkAsC2b) return;
  confirmPayment(network, paid);
}

const referenceOf = ({ arranged }: Network, { kind, accountReference }: Transaction) =>
  kind === 'stk' && arranged.switches.stkReference === 'empty' ? '' : accountReference;
