import { isMerchants } from './accounts.ts';
import { type FieldRule, isCallbackUrl, isShortCode, textOf } from './field-rules.ts';
import { createRequestId } from './identifiers.ts';
import type { Network } from './network.ts';
import { note } from './network.ts';
import { readRequest } from './read-request.ts';
import type { Registration } from './state.ts';
import { type Answer, type ApiRequest, invalidField, json, refusal } from './wire.ts';

/** Words that a registered URL must not contain, in any case; "exe" also forbids "execute". */
const FORBIDDEN = /m-?pesa|safaricom|exe|cmd|sql|query/i;

const isNotifiable = (value: string) => isCallbackUrl(value) && !FORBIDDEN.test(value);

const rules: FieldRule[] = [
  { field: 'ShortCode', valid: isShortCode },
  { field: 'ResponseType', valid: (value) => value === 'Completed' || value === 'Cancelled' },
  { field: 'ConfirmationURL', valid: isNotifiable },
  { field: 'ValidationURL', valid: isNotifiable },
];

/** POST /mpesa/c2b/v1/registerurl: notices of payments carry the phone's hash. */
export const registerUrlsV1 = (network: Network, request: ApiRequest): Answer => registerUrls(network, request, 'v1');
/** POST /mpesa/c2b/v2/registerurl: notices of payments carry a masked phone. */
export const registerUrlsV2 = (network: Network, request: ApiRequest): Answer => registerUrls(network, request, 'v2');

function registerUrls(network: Network, request: ApiRequest, version: Registration['version']): Answer {
  const { fields, refused } = readRequest(network, request, rules, ['collecting', 'paying']);
  if (refused) return refused;
  const shortcode = textOf(fields, 'ShortCode');
  if (!isMerchants(network, shortcode)) return invalidField(network, 'ShortCode');
  const production = network.arranged.switches.c2bMode === 'production';
  if (production && Object.hasOwn(network.state.registrations, shortcode)) {
    return refusal(network, 500, '500.003.1001', 'Urls are already registered.');
  }
  const urls = { confirmationUrl: textOf(fields, 'ConfirmationURL'), validationUrl: textOf(fields, 'ValidationURL') };
  network.state.registrations[shortcode] = {
    version,
    responseType: textOf(fields, 'ResponseType') as Registration['responseType'],
    ...urls,
  };
  note(network, `URLs were registered for ${shortcode}: ${urls.confirmationUrl}, ${urls.validationUrl}.`);
  network.save();
  // Misspelt as in Daraja.
  return json(200, {
    OriginatorCoversationID: createRequestId(network.state),
    ResponseCode: '0',
    ResponseDescription: version === 'v1' ? 'success' : 'Success',
  });
}
