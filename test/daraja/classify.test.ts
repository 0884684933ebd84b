import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { classify } from '#mpesa/daraja/classify.ts';

const error = (errorCode: string, errorMessage?: string) => JSON.stringify({ requestId: '1c5b-4ba8-815c', errorCode, errorMessage });
const fault = (errorcode: string, faultstring = '') => JSON.stringify({ fault: { faultstring, detail: { errorcode } } });
const FIREWALL = '<html><body>Request unsuccessful. Incapsula incident ID: 123-456</body></html>';
const LOCKED = 'Unable to lock subscriber, a transaction is already in process for the current subscriber';

describe('classify', () => {
  it.each<[string, number, string, string]>([
    // what Safaricom says, HTTP status, body, verdict
    ['a field that is wrong', 400, error('400.002.02', 'Bad Request - Invalid Remarks'), 'refused bad_request'],
    ['a wrong phone', 400, error('400.002.02', 'Bad Request - Invalid PhoneNumber'), 'refused invalid_phone'],
    ['a wrong amount', 400, error('400.002.02', 'Bad Request - Invalid Amount'), 'refused invalid_amount'],
    ['a wrong callback address', 400, error('400.002.02', 'Bad Request - Invalid CallBackURL'), 'refused invalid_callback_url'],
    ['the same under HTTP 200', 200, error('400.002.02', 'Bad Request - Invalid CallBackURL'), 'refused invalid_callback_url'],
    ['a wrong payload', 400, error('400.002.05', 'Invalid Request Payload'), 'refused bad_request'],
    ['an invalid token, C2B form', 400, error('400.003.01', 'Invalid Access Token'), 'refused invalid_token'],
    ['an invalid token, balance form', 401, error('401.002.01', 'Error Occurred - Invalid Access Token - abc'), 'refused invalid_token'],
    ['an invalid token, pull form', 401, error('401.001', 'Invalid Access Token'), 'refused invalid_token'],
    ['an invalid token, STK form', 404, error('404.001.03', 'Invalid Access Token'), 'refused invalid_token'],
    ['an invalid token under another 4xx code', 404, error('404.002.03', 'Invalid Access Token'), 'refused invalid_token'],
    ['an invalid token from the gateway', 401, fault('keymanagement.service.invalid_access_token'), 'refused invalid_token'],
    ['an expired token from the gateway', 401, fault('keymanagement.service.access_token_expired'), 'refused invalid_token'],
    ['a bare 401', 401, '', 'refused invalid_token'],
    ['a wrong path', 404, error('404.001.01', 'Resource not found'), 'refused bad_request'],
    ['a missing header', 404, error('404.001.04', 'Invalid Authentication Header'), 'refused bad_request'],
    ['a wrong method', 405, error('405.001', 'GET Method Not Allowed'), 'refused bad_request'],
    ['a wrong kind of authentication', 400, error('400.008.01', 'Invalid Authentication passed'), 'refused wrong_credentials'],
    ['wrong keys', 400, '', 'refused wrong_credentials'],
    ['a code never seen under a 4xx', 400, error('499.9', 'Something'), 'refused bad_request'],
    ['a locked subscriber', 500, error('500.001.1001', LOCKED), 'refused subscriber_locked'],
    ['a locked subscriber under HTTP 200', 200, error('500.001.1001', LOCKED), 'refused subscriber_locked'],
    ['a wrong password', 500, error('500.001.1001', '[MerchantValidate] - Wrong credentials'), 'refused wrong_credentials'],
    ['an unknown merchant', 500, error('500.001.1001', 'Merchant does not exist'), 'refused merchant_not_allowed'],
    ['no SIM of theirs', 500, error('500.001.1001', 'No ICCID found on NMS'), 'refused not_on_network'],
    [
      'a merchant of the other type',
      500,
      error('500.001.1001', 'Merchant not allowed to carry out transaction type CustomerPayBillOnline'),
      'refused merchant_not_allowed',
    ],
    [
      'the product missing on the app',
      401,
      fault('x.NoApiProductMatch', 'Invalid API call as no apiproduct match found'),
      'refused merchant_not_allowed',
    ],
    ['a spike arrest, own form', 500, error('500.003.02', 'Error Occurred: Spike Arrest Violation'), 'refused throttled'],
    ['a busy system', 500, error('500.003.02', 'System is busy. Please try again in few minutes.'), 'refused throttled'],
    ['a quota', 500, error('500.003.03', 'Quota Violation'), 'refused throttled'],
    ['a spike arrest by the gateway, 429', 429, fault('policies.ratelimit.SpikeArrestViolation'), 'refused throttled'],
    ['a spike arrest by the gateway, 500', 500, fault('policies.ratelimit.SpikeArrestViolation'), 'refused throttled'],
    ['a plain 429', 429, 'slow down', 'refused throttled'],
    ['the firewall at 503', 503, FIREWALL, 'refused blocked_by_firewall'],
    ['the firewall at 403', 403, FIREWALL, 'refused blocked_by_firewall'],
    ['the firewall about a silent origin', 503, `${FIREWALL} The proxy failed to get a response in time`, 'unclear server_error'],
    ['any other page at 503', 503, '<h1>Service Unavailable</h1>', 'unclear server_error'],
    ['a page at 502', 502, FIREWALL, 'unclear server_error'],
    ['a page at 200', 200, FIREWALL, 'unclear unreadable_answer'],
    ['an answer cut short', 200, '{"ResponseCode":"0"', 'unclear unreadable_answer'],
    ['a list', 200, '[]', 'unclear unreadable_answer'],
    ['a text at 4xx that proves nothing', 400, 'upstream went away', 'unclear unreadable_answer'],
    ['a client time-out told by the gateway', 408, '', 'unclear timed_out'],
    ['in flight, 2026', 200, error('500.001.1001', ''), 'unclear server_error'],
    ['in flight, 2018', 500, error('500.001.1001', 'The transaction is being processed'), 'unclear still_processing'],
    ['an unknown id', 500, error('500.001.1001', 'The transaction does not Exist'), 'unclear unknown_transaction'],
    ['an error without its message', 500, error('500.001.1001'), 'unclear server_error'],
    ['maintenance', 500, error('500.002.1001', 'Service is currently under maintenance'), 'unclear maintenance'],
    ['an internal error', 500, error('500.003.1001', 'Internal Server Error'), 'unclear server_error'],
    ['the ambiguous code under a 4xx', 400, error('500.001.1001', 'Internal Server Error'), 'unclear server_error'],
    ['a gateway that lost its target', 504, fault('messaging.adaptors.http.flow.GatewayTimeout'), 'unclear server_error'],
    ['an id used before', 500, error('500.002.1001', 'Duplicate OriginatorConversationID.'), 'unclear duplicate_request'],
    [
      'an id used before under a refusing code',
      400,
      error('400.002.02', 'Duplicate OriginatorConversationID'),
      'unclear duplicate_request',
    ],
    ['an internal error under the code of a used id', 500, error('500.002.1001', 'System internal error.'), 'unclear server_error'],
    ['maintenance, balance form', 500, error('00.002.1001', 'Service is currently under maintenance'), 'unclear maintenance'],
    ['a wrong credential', 400, error('400.002.02', 'Bad Request - Invalid SecurityCredential'), 'refused wrong_credentials'],
    ['a wrong initiator', 400, error('400.002.02', 'Bad Request - Invalid Initiator'), 'refused wrong_credentials'],
    ['a wrong initiator, payout form', 400, error('400.002.02', 'Bad Request - Invalid InitiatorName'), 'refused wrong_credentials'],
    ['an initiator not believed', 500, error('500.001.1001', 'The initiator information is invalid.'), 'refused wrong_credentials'],
    ['a locked initiator', 500, error('500.002.1001', 'The security credential is locked'), 'refused initiator_locked'],
    ['a wrong result address', 400, error('400.002.02', 'Bad Request - Invalid ResultURL'), 'refused invalid_callback_url'],
    ['a wrong time-out address', 400, error('400.002.02', 'Bad Request - Invalid QueueTimeOutURL'), 'refused invalid_callback_url'],
    ['addresses registered before', 500, error('500.003.1001', 'Urls are already registered.'), 'refused already_registered'],
    [
      'addresses known to the older system',
      500,
      error('500.003.1001', 'Duplicate notification info, SP ID is 1, correlator is 2'),
      'refused already_registered',
    ],
    ['a short code that cannot be pulled', 400, error('400.001', 'Invalid ShortCode'), 'refused bad_request'],
    ['an error beside the id of a payout', 400, '{"errorCode":"400.002.02","ConversationID":"AG_1"}', 'unclear unreadable_answer'],
    ['a code never seen at 200', 200, error('777', 'Lucky'), 'unclear unreadable_answer'],
    ['a code of another type', 500, '{"errorCode":{},"errorMessage":[]}', 'unclear server_error'],
    ['an error beside the id of a prompt', 400, '{"errorCode":"400.002.02","CheckoutRequestID":"ws_CO_1"}', 'unclear unreadable_answer'],
  ])('%s', (_, httpStatus, body, verdict) => {
    const failure = classify(httpStatus, body);
    expect(`${failure?.kind} ${failure?.reason}`).toBe(verdict);
    expect(failure?.httpStatus).toBe(httpStatus);
  });

  it('finds no failure in an accepted request', () => {
    expect(classify(200, readFileSync('test/callbacks/stk-push/stk-push-accepted-2026-sandbox.json', 'utf8'))).toBeUndefined();
  });

  it('names every error that was recorded', () => {
    const recorded = JSON.parse(readFileSync('test/callbacks/stk-push/stk-push-errors-observed.json', 'utf8'));
    const reasons = recorded.map((each: { httpStatus: number | null; body: object }) => {
      const failure = classify(each.httpStatus ?? 500, JSON.stringify(each.body));
      return `${failure?.kind} ${failure?.reason}`;
    });
    expect(reasons).toEqual([
      'refused invalid_callback_url',
      'refused bad_request',
      'refused invalid_phone',
      'refused wrong_credentials',
      'refused invalid_token',
    ]);
  });

  it('passes on neither token nor phone number nor checkout id of a message', () => {
    const message = `Invalid PhoneNumber 254700000001 or 0700 000 001 in ws_CO_26012024005352086700000001, token ${'aB3'.repeat(10)}`;
    expect(classify(400, error('400.002.02', message))?.errorMessage).toBe('Invalid PhoneNumber [cut] or [cut] in [cut], token [cut]');
    expect(classify(401, error('401.002.01', 'Error Occurred - Invalid Access Token - shortone'))?.errorMessage).toBe(
      'Error Occurred - Invalid Access Token',
    );
  });

  it('survives bombs', () => {
    expect(classify(200, '['.repeat(200_000))?.kind).toBe('unclear');
    expect(classify(500, `{"errorCode":"${'9'.repeat(200_000)}"}`)?.errorCode).toBeUndefined();
  });
});
