import { createHash } from 'node:crypto';
import { accountsOf } from './accounts.ts';
import { customerName } from './customer-name.ts';
import { nairobiTimestamp } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { postLater } from './post-later.ts';
import { DeliveryPlan, takePlan } from './result-plan.ts';
import type { C2bPayment, Prompt, Registration, Transaction } from './state.ts';

/** What validations and confirmations tell of a payment; `orgBalance` is empty before money has moved. */
type Notice = Pick<C2bPayment, 'phone' | 'amountShillings' | 'account' | 'shortcode'> & {
  transactionType: string;
  receipt: string;
  orgBalance: string;
  thirdPartyId: string;
};

/** Where notices about this short code go, if it has registered. */
export const registrationOf = ({ state }: Network, shortcode: string): Registration | null =>
  Object.hasOwn(state.registrations, shortcode) ? (state.registrations[shortcode] ?? null) : null;

/** The text of a validation or confirmation: every value is a string. */
export function noticeBody(network: Network, { version }: Registration, notice: Notice): string {
  return JSON.stringify({
    TransactionType: notice.transactionType,
    TransID: notice.receipt,
    TransTime: nairobiTimestamp(network.clock.now()),
    TransAmount: `${notice.amountShillings}.00`,
    BusinessShortCode: notice.shortcode,
    BillRefNumber: notice.account,
    InvoiceNumber: '',
    OrgAccountBalance: notice.orgBalance,
    ThirdPartyTransID: notice.thirdPartyId,
    MSISDN: phoneIn(network, version, notice.phone),
    ...namesIn(network, notice.phone),
  });
}

/** Promises the confirmation of a payment that was made, where its short code has registered. */
export function confirmPayment(network: Network, paid: Transaction, transactionType: string, thirdPartyId = ''): void {
  const registration = registrationOf(network, paid.shortcode);
  if (!registration) return;
  const plan = takePlan(network.arranged.noticePlans, paid.phone) ?? DeliveryPlan.parse({});
  const body = noticeBody(network, registration, {
    ...paid,
    account: paid.accountReference,
    transactionType,
    thirdPartyId,
    orgBalance: `${accountsOf(network, paid.shortcode).utilityShillings}.00`,
  });
  const url = registration.confirmationUrl;
  network.state.notices.push({ receipt: paid.receipt, url, body: postLater(network, `confirmation of ${paid.receipt}`, url, body, plan) });
  network.save();
}

/** Safaricom tells a short code with registered URLs of its STK payments too, under the same receipt. */
export function confirmPrompt(network: Network, prompt: Prompt): void {
  const paid = network.state.transactions.find(({ receipt }) => receipt === prompt.receipt);
  if (!paid || !network.arranged.switches.stkAsC2b) return;
  confirmPayment(network, paid, prompt.transactionType === 'CustomerBuyGoodsOnline' ? 'Buy Goods' : 'Pay Bill');
}

function phoneIn(network: Network, version: Registration['version'], phone: string): string {
  const { c2bPhone } = network.arranged.switches;
  const form = c2bPhone === 'by-version' ? (version === 'v1' ? 'hashed' : 'masked') : c2bPhone;
  if (form === 'plain') return phone;
  return form === 'hashed' ? createHash('sha256').update(phone).digest('hex') : `${phone.slice(0, 4)} ***** ${phone.slice(-3)}`;
}

function namesIn(network: Network, phone: string): Record<string, string> {
  const { first, middle, last } = customerName(phone);
  const form = network.arranged.switches.c2bNames;
  if (form === 'none') return {};
  return form === 'first' ? { FirstName: first } : { FirstName: first, MiddleName: middle, LastName: last };
}
