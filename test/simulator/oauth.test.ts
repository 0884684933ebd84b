import { expect, it } from 'vitest';
import { createBench } from './bench.ts';

it('gives a token of 28 characters for 3599 seconds, as a number or as text', async () => {
  await using bench = await createBench();
  expect((await bench.askToken()).body).toEqual({ access_token: expect.stringMatching(/^[0-9A-Za-z]{28}$/), expires_in: 3599 });
  bench.control.switch({ expiresIn: 'string' });
  expect((await bench.askToken()).body.expires_in).toBe('3599');
});

it('answers wrong keys with an empty 400', async () => {
  await using bench = await createBench();
  expect(await bench.askToken(bench.basic('local-key', 'wrong'))).toEqual({ status: 400, text: '', body: null });
});

it.each([
  ['no Basic header', { Authorization: 'Bearer x' }, '?grant_type=client_credentials', '400.008.01', 'Invalid Authentication passed'],
  ['another grant type', null, '?grant_type=password', '400.008.02', 'Invalid grant type passed'],
  ['no grant type', null, '', '400.008.02', 'Invalid grant type passed'],
] as const)('names the mistake: %s', async (_, headers, query, errorCode, errorMessage) => {
  await using bench = await createBench();
  const reply = await bench.askToken(headers ?? bench.basic(), query);
  expect(reply).toMatchObject({ status: 400, body: { requestId: expect.any(String), errorCode, errorMessage } });
});

it('refuses a token after its time, and an old one once a new one was given', async () => {
  await using bench = await createBench();
  const tries = async (token: string) =>
    (await bench.post('/mpesa/stkpush/v1/processrequest', {}, { Authorization: `Bearer ${token}` })).body.errorMessage;
  const first = await bench.token();
  expect(await tries(first)).toBe('Bad Request - Invalid BusinessShortCode');
  const second = await bench.token();
  expect(await tries(first)).toBe('Invalid Access Token');
  expect(await tries(second)).toBe('Bad Request - Invalid BusinessShortCode');
  bench.control.switch({ newTokenCancelsOld: false });
  await bench.token();
  expect(await tries(second)).toBe('Bad Request - Invalid BusinessShortCode');
  await bench.clock.advance(3_599_000);
  expect(await tries(second)).toBe('Invalid Access Token');
});

it.each([
  ['404.001.03', 404, 'Invalid Access Token'],
  ['400.003.01', 400, 'Invalid Access Token'],
  ['401.002.01', 401, 'Error Occurred - Invalid Access Token - nonsense'],
] as const)('can refuse a bad token with %s', async (errorCode, status, errorMessage) => {
  await using bench = await createBench({ switches: { invalidToken: errorCode } });
  const reply = await bench.post('/mpesa/stkpush/v1/processrequest', {}, { Authorization: 'Bearer nonsense' });
  expect(reply).toMatchObject({ status, body: { errorCode, errorMessage } });
});
