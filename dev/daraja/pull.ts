import { accountsOf, isMerchants } from './accounts.ts';
import { customerName } from './customer-name.ts';
import { type FieldRule, isCallbackUrl, isPresent, isShortCode, textOf } from './field-rules.ts';
import { createRequestId } from './identifiers.ts';
import { isCustomers } from './move-money.ts';
import { nairobiMoment } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { readRequest } from './read-request.ts';
import type { Transaction } from './state.ts';
import { type Answer, type ApiRequest, json, refusal } from './wire.ts';

const KEPT_MS = 48 * 3_600_000;

const registerRules: FieldRule[] = [
  { field: 'ShortCode', valid: isShortCode },
  { field: 'RequestType', valid: (value) => value === 'Pull' },
  { field: 'NominatedNumber', valid: (value) => /^(?:254|0)?[17]\d{8}$/.test(value) },
  { field: 'CallBackURL', valid: isCallbackUrl },
];

const queryRules: FieldRule[] = [
  { field: 'ShortCode', valid: isShortCode },
  { field: 'StartDate', valid: (value) => nairobiMoment(value) !== null },
  { field: 'EndDate', valid: (value) => nairobiMoment(value) !== null },
  { field: 'OffSetValue', valid: (value) => isPresent(value) && /^\d{1,9}$/.test(value) },
];

/** POST /pulltransactions/v1/register: once for a short code. */
export function registerPull(network: Network, request: ApiRequest): Answer {
  const { fields, refused } = readRequest(network, request, registerRules, ['collecting', 'paying']);
  if (refused) return refused;
  const shortcode = textOf(fields, 'ShortCode');
  if (!isMerchants(network, shortcode)) return refusal(network, 400, '400.001', 'Invalid ShortCode');
  const { pullRegistrations } = network.state;
  const known = pullRegistrations.includes(shortcode);
  if (!known) pullRegistrations.push(shortcode);
  network.save();
  return json(200, {
    ResponseRefID: createRequestId(network.state),
    ResponseStatus: known ? '1001' : '1000',
    ShortCode: shortcode,
    ResponseDescription: known ? 'ShortCode already registered' : 'ShortCode registered successfully',
  });
}

/** POST /pulltransactions/v1/query: what a short code received in the last 48 hours, a page from an offset on. */
export function queryPull(network: Network, request: ApiRequest): Answer {
  const { fields, refused } = readRequest(network, request, queryRules, ['collecting', 'paying']);
  if (refused) return refused;
  const shortcode = textOf(fields, 'ShortCode');
  if (!network.state.pullRegistrations.includes(shortcode)) return refusal(network, 400, '400.001', 'Invalid ShortCode');
  const oldest = network.clock.now().getTime() - KEPT_MS;
  const from = Math.max(oldest, nairobiMoment(textOf(fields, 'StartDate'))?.getTime() ?? 0);
  const until = nairobiMoment(textOf(fields, 'EndDate'))?.getTime() ?? 0;
  const offset = Number(textOf(fields, 'OffSetValue'));
  const page = network.state.transactions
    .filter((paid) => isCustomers(paid) && accountsOf(network, paid.shortcode) === accountsOf(network, shortcode))
    .filter(({ at }) => Date.parse(at) >= from && Date.parse(at) <= until)
    .slice(offset, offset + network.arranged.switches.pullPageSize);
  return json(200, {
    ResponseRefID: createRequestId(network.state),
    ResponseCode: page.length > 0 ? '1000' : '1001',
    ResponseMessage: page.length > 0 ? 'Success' : 'No transactions found',
    Response: [page.map((paid) => rowOf(network, paid))],
  });
}

const rowOf = (network: Network, { receipt, at, phone, accountReference, amountShillings, till }: Transaction) => ({
  transactionId: receipt,
  trxDate: `${at.slice(0, 19)}Z`,
  msisdn: network.arranged.switches.pullPhone === 'number' ? Number(phone) : `${phone.slice(0, 4)} ***** ${phone.slice(-3)}`,
  sender: customerName(phone).first.toUpperCase(),
  transactiontype: till !== null ? 'c2b-buy-goods-debit' : 'c2b-pay-bill-debit',
  billreference: till === null ? accountReference : '',
  amount: `${amountShillings}.00`,
  organizationname: network.merchant.businessName,
});
