import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createClient, errorOf, SECRETS, says, startFakeSafaricom } from './fake-safaricom.ts';

let safaricom: Awaited<ReturnType<typeof startFakeSafaricom>>;
beforeAll(async () => {
  safaricom = await startFakeSafaricom();
});
afterAll(() => safaricom.stop());
beforeEach(() => safaricom.reset());

const ID = 'ws_CO_170820261404032700000001';
const ask = (answer: ReturnType<typeof says>) => {
  safaricom.answers.api = [answer];
  return createClient(safaricom.baseUrl).daraja.stkQuery(ID);
};

describe('an STK query', () => {
  it('asks by checkout id with a fresh password', async () => {
    await ask(says(200, { ResponseCode: '0', CheckoutRequestID: ID, ResultCode: '0', ResultDesc: 'ok' }));
    const password = btoa(`174379${SECRETS.passkey}20261122003005`);
    expect(safaricom.apiCalls()[0]).toMatchObject({
      path: '/mpesa/stkpushquery/v1/query',
      body: { BusinessShortCode: '174379', Password: password, Timestamp: '20261122003005', CheckoutRequestID: ID },
    });
  });

  it('reads every recorded answer and keeps it whole', async () => {
    const recorded = JSON.parse(readFileSync('test/callbacks/stk-query/stk-query-observed-2026-sandbox.json', 'utf8'));
    const states: string[] = [];
    for (const { httpStatus, body } of recorded) {
      const answer = await ask(says(httpStatus, body));
      expect(JSON.parse(answer.raw)).toEqual(body);
      states.push(`${answer.resultCode ?? '-'} ${answer.state}`);
    }
    expect(states).toEqual([
      '4999 unclear',
      '- unclear',
      '- unclear',
      '- unclear',
      '0 paid',
      '1032 failed',
      '1037 failed',
      '1037 failed',
      'E3008 failed',
    ]);
  });

  it('is unclear about a payment in process, as answered in 2018', async () => {
    const body = readFileSync('test/callbacks/stk-query/stk-query-processing-2018-sandbox.json', 'utf8');
    expect(await ask(says(500, body))).toEqual({ state: 'unclear', isFinal: false, raw: body });
  });

  it.each([
    ['a result code as a number', { ResponseCode: '0', ResultCode: 0 }, 'paid'],
    ['a code in no table', { ResponseCode: '0', ResultCode: '31337' }, 'unclear'],
    ['a name of every object', { ResponseCode: '0', ResultCode: 'constructor' }, 'unclear'],
    ['another prompt', { ResponseCode: '0', CheckoutRequestID: 'ws_CO_other', ResultCode: '0' }, 'unclear'],
    ['a request that was not accepted', { ResponseCode: '1', ResultCode: '0' }, 'unclear'],
    ['a result that is a list', { ResponseCode: '0', ResultCode: ['0'] }, 'unclear'],
    ['a true result', { ResponseCode: '0', ResultCode: false }, 'unclear'],
    ['no result', { ResponseCode: '0' }, 'unclear'],
    ['paid and an error at once', { ResultCode: '0', errorCode: '500.001.1001', errorMessage: '' }, 'unclear'],
  ])('answering %s', async (_, body, state) => {
    expect((await ask(says(200, body))).state).toBe(state);
  });

  it.each([
    ['throttled', says(429, ''), 'throttled'],
    ['blocked', says(403, '<html>'), 'blocked_by_firewall'],
    ['told that the password is wrong', says(500, { errorCode: '500.001.1001', errorMessage: 'Wrong credentials' }), 'wrong_credentials'],
    ['left without an answer', () => undefined, 'timed_out'],
  ])('throws and asks only once when %s', async (_, answer, reason) => {
    expect(await errorOf(ask(answer))).toMatchObject({ name: 'DarajaError', reason });
    expect(safaricom.apiCalls()).toHaveLength(1);
  });
});
