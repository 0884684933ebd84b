import { isMerchants } from './accounts.ts';
import { promiseStep } from './agenda.ts';
import { type FieldRule, isPhone, isShortCode, textOf } from './field-rules.ts';
import { createRequestId } from './identifiers.ts';
import type { Network } from './network.ts';
import { readRequest } from './read-request.ts';
import { type Answer, type ApiRequest, invalidField, json, refusal } from './wire.ts';

const LARGEST_AMOUNT = 250_000;
const LONGEST_ACCOUNT = 20;

const rules: FieldRule[] = [
  { field: 'ShortCode', valid: isShortCode },
  { field: 'CommandID', valid: (value) => value === 'CustomerPayBillOnline' || value === 'CustomerBuyGoodsOnline' },
  { field: 'Amount', valid: (value) => /^[1-9]\d{0,8}$/.test(value) && Number(value) <= LARGEST_AMOUNT },
  { field: 'Msisdn', valid: isPhone },
  { field: 'BillRefNumber', valid: (value) => value.length <= LONGEST_ACCOUNT },
];

/** POST /mpesa/c2b/v1/simulate and v2, which are the same: a customer pays, a moment later. Production does not know it. */
export function simulatePayment(network: Network, request: ApiRequest): Answer {
  if (network.arranged.switches.c2bMode === 'production') return refusal(network, 404, '404.003.01', 'Resource not found');
  const { fields, refused } = readRequest(network, request, rules, ['collecting', 'paying']);
  if (refused) return refused;
  const shortcode = textOf(fields, 'ShortCode');
  if (!isMerchants(network, shortcode)) return invalidField(network, 'ShortCode');
  const payment = {
    phone: textOf(fields, 'Msisdn'),
    amountShillings: Number(textOf(fields, 'Amount')),
    account: textOf(fields, 'BillRefNumber'),
    shortcode,
    transactionType: textOf(fields, 'CommandID') === 'CustomerPayBillOnline' ? ('Pay Bill' as const) : ('Buy Goods' as const),
  };
  promiseStep(network, network.delays.callbackMs, { kind: 'pay-bill', payment });
  return json(200, {
    OriginatorCoversationID: createRequestId(network.state),
    ResponseCode: '0',
    ResponseDescription: 'Accept the service request successfully.',
  });
}
