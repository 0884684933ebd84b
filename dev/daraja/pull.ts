import { isMerchants } from './accounts.ts';
import { type FieldRule, isCallbackUrl, isPresent, isShortCode, textOf } from './field-rules.ts';
import { createRequestId } from './identifiers.ts';
import { nairobiMoment } from './nairobi-time.ts';
import type { Network } from './network.ts';
import { pullRow, pullRows } from './pull-rows.ts';
import { readRequest } from './read-request.ts';
import { type Answer, type ApiRequest, json, refusal } from './wire.ts';

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

/**
 * POST /pulltransactions/v1/query: what customers paid to a short code in the last 48 hours, one page, from row `OffSetValue` on. A short code without payments
 * and one that was never registered get the same answer.
 */
export function queryPull(network: Network, request: ApiRequest): Answer {
  const { fields, refused } = readRequest(network, request, queryRules, ['collecting', 'paying']);
  if (refused) return refused;
  const shortcode = textOf(fields, 'ShortCode');
  if (!isMerchants(network, shortcode)) return refusal(network, 400, '400.001', 'Invalid ShortCode');
  const offset = Number(textOf(fields, 'OffSetValue'));
  if (offset === 0 && isTooSoon(network, shortcode)) return refusal(network, 500, '500.003.02', 'Error Occurred: Spike Arrest Violation');
  const from = nairobiMoment(textOf(fields, 'StartDate'));
  const until = nairobiMoment(textOf(fields, 'EndDate'));
  const page = isRegistered(network, shortcode) && from && until ? pullRows(network, shortcode, from, until) : [];
  const shown = page.slice(offset, offset + network.arranged.switches.pullPageSize);
  if (shown.length === 0) return nothingFound(network);
  return json(200, {
    ResponseRefID: createRequestId(network.state),
    ResponseCode: '1000',
    ResponseMessage: 'Success',
    Response: [shown.map((paid) => pullRow(network, paid))],
  });
}

/** An outlet counts as registered when its head office is. */
const isRegistered = ({ state, merchant }: Network, shortcode: string) =>
  [shortcode, merchant.shortcode].some((code) => state.pullRegistrations.includes(code));

/** Whether a new pull of this short code comes too soon after the last; further pages never do. */
function isTooSoon({ state, clock, arranged, save }: Network, shortcode: string): boolean {
  const now = clock.now().getTime();
  if (now - (state.pulledAt[shortcode] ?? Number.NEGATIVE_INFINITY) < arranged.switches.pullThrottleMs) return true;
  state.pulledAt[shortcode] = now;
  save();
  return false;
}

/** The answer when nothing is found: three forms were seen or documented. */
function nothingFound(network: Network): Answer {
  const { pullNone } = network.arranged.switches;
  const words = 'No records found or Organization Name not available';
  if (pullNone === 'error-500') return refusal(network, 500, '500.001.1001', words);
  return json(200, {
    ResponseRefID: createRequestId(network.state),
    ResponseCode: '1001',
    ResponseMessage: words,
    ...(pullNone === 'list' ? { Response: [[]] } : { Transaction: '[[]]' }),
  });
}
