import { expect, it } from 'vitest';
import { createBench } from './bench.ts';

const INCAPSULA = expect.stringContaining('Request unsuccessful. Incapsula incident ID:');

it.each([
  [{ fault: 'spike-arrest' }, 429, expect.stringContaining('policies.ratelimit.SpikeArrestViolation')],
  [{ fault: 'spike-arrest', status: 500 }, 500, expect.stringContaining('"fault":{"faultstring"')],
  [{ fault: 'throttled' }, 500, expect.stringContaining('"errorCode":"500.003.02"')],
  [{ fault: 'waf' }, 403, INCAPSULA],
  [{ fault: 'waf', status: 503 }, 503, INCAPSULA],
  [{ fault: 'empty-400' }, 400, ''],
  [{ fault: 'server-error' }, 500, expect.stringContaining('"errorCode":"500.003.1001","errorMessage":"Internal Server Error"')],
  [{ fault: 'error-in-200' }, 200, expect.stringContaining('"errorCode":"500.001.1001","errorMessage":""')],
  [{ fault: 'not-json' }, 200, expect.stringContaining('<html>')],
  [{ fault: 'invalid-token' }, 404, expect.stringContaining('"errorCode":"404.001.03","errorMessage":"Invalid Access Token"')],
  [{ fault: 'subscriber-locked' }, 500, expect.stringContaining('Unable to lock subscriber')],
  [{ fault: 'maintenance' }, 500, expect.stringContaining('Service is currently under maintenance')],
] as const)('answers as ordered, %j, accepts nothing, and is well again afterwards', async (order, status, text) => {
  await using bench = await createBench();
  await bench.bearer();
  bench.control.fault({ api: 'stkpush', times: 2, ...order });
  for (let i = 0; i < 2; i += 1) expect(await bench.push()).toMatchObject({ status, text });
  expect(bench.control.truth().promptsAccepted).toBe(0);
  expect((await bench.push()).status).toBe(200);
});

it.each([
  ['drop-before', 0],
  ['drop-after', 1],
] as const)('breaks the connection: %s', async (fault, promptsAccepted) => {
  await using bench = await createBench();
  await bench.bearer();
  bench.control.fault({ api: 'stkpush', fault });
  await expect(bench.push()).rejects.toThrow('fetch failed');
  expect(bench.control.truth().promptsAccepted).toBe(promptsAccepted);
});

it('answers wrongly although it accepted, when ordered so', async () => {
  await using bench = await createBench();
  bench.control.fault({ api: 'stkpush', fault: 'server-error', accepted: true });
  expect((await bench.push()).status).toBe(500);
  expect(bench.control.truth().promptsAccepted).toBe(1);
});

it('is slow for as long as ordered, in real time, and accepts at once', async () => {
  await using bench = await createBench();
  await bench.bearer();
  bench.control.fault({ api: 'stkpush', fault: 'slow', ms: 150 });
  const begun = performance.now();
  const pushed = bench.push();
  await expect.poll(() => bench.control.truth().promptsAccepted).toBe(1);
  expect((await pushed).status).toBe(200);
  expect(performance.now() - begun).toBeGreaterThan(140);
});

it('hangs until the other side gives up', async () => {
  await using bench = await createBench();
  bench.control.fault({ api: 'oauth', fault: 'hang' });
  const url = `${bench.simulator.url}/oauth/v1/generate?grant_type=client_credentials`;
  await expect(fetch(url, { headers: bench.basic(), signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
});

it('meets the API it was ordered for and no other', async () => {
  await using bench = await createBench();
  bench.control.fault({ api: 'stkquery', fault: 'waf' });
  const { status, body } = await bench.push();
  expect(status).toBe(200);
  expect((await bench.query(body.CheckoutRequestID)).status).toBe(403);
  bench.control.fault({ api: 'oauth', fault: 'empty-400' });
  expect((await bench.askToken()).status).toBe(400);
});
