import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { newId } from '#ground/db/columns.ts';
import { pathOf } from '#http/log-request.ts';
import { push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { strike } from '../world/route.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

type Line = { event: string; method: string; path: string; status: number; ms: number; requestId: string };
const lines = () => world.logLines.map((line) => JSON.parse(line) as Line).filter(({ event }) => event === 'request');

test('each request is one line: what was asked without ids, how it ended, how long it took, and its id', async () => {
  const headers = await signedIn(world, 'treasurer');
  const asked = [
    ['GET', '/api/items', 200, '/api/items'],
    ['GET', `/api/payments/${newId()}`, 404, '/api/payments/:id'],
    ['GET', '/api/tasks?search=Wanjiru', 200, '/api/tasks'],
    ['POST', `/api/tasks/${newId()}/close`, 400, '/api/tasks/:id/close'],
    ['OPTIONS', '/api/tasks', 204, '/api/tasks'],
  ] as const;
  for (const [method, path, status, template] of asked) {
    world.logLines.length = 0;
    const response = await world.send(method, path, { headers, ...(method === 'POST' && { body: {} }) });
    expect(response.status).toBe(status);
    expect(lines()).toEqual([
      expect.objectContaining({ method, path: template, status, ms: expect.any(Number), requestId: expect.any(String) }),
    ]);
    if (method !== 'OPTIONS') expect(lines()[0]?.requestId).toBe(response.headers.get('x-request-id'));
  }
  expect(world.logLines.join()).not.toContain('Wanjiru');
});

test('callbacks are lines too, and their tokens are in no log, right or wrong', async () => {
  world.logLines.length = 0;
  const { prompt } = await push(world);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(5_000);
  await world.settled();
  const wrong = makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', newId());
  for (const token of [wrong, 'nonsense', encodeURIComponent('a b/ç')])
    await world.send('POST', `/api/callbacks/stk/${token}`, { body: {} });
  const said = lines().filter(({ path }) => path.startsWith('/api/callbacks'));
  expect(said.map(({ method, path, status }) => [method, path, status])).toEqual([
    ['POST', '/api/callbacks/stk/:token', 200],
    ...Array(3).fill(['POST', '/api/callbacks/stk/:token', 404]),
  ]);
  const text = world.logLines.join();
  for (const secret of [
    wrong,
    'nonsense',
    '%C3%A7',
    ...world.simulator.control.prompts().map(({ callbackUrl }) => callbackUrl.split('/').at(-1) ?? ''),
  ])
    expect(text).not.toContain(secret);
});

test('a job says how long it took', async () => {
  world.logLines.length = 0;
  await strike('scheduled-minute');
  const [said] = world.logLines.map((line) => JSON.parse(line)).filter(({ event }) => event === 'job');
  expect(said).toMatchObject({ ms: expect.any(Number), states: { opened: 0, closed: 0, cleared: 0 } });
});

test('what looks like an id or a secret is left out of a path, though nobody says that it is one', () => {
  const at = (path: string, params = {}) => pathOf(new Request(`https://duka.example${path}`), { params });
  expect(at('/api/x/01930000-0000-7000-8000-000000000001/y')).toBe('/api/x/:id/y');
  expect(at('/pay/AbCdEfGhIjKlMnOpQrSt1v')).toBe('/pay/:id');
  expect(at('/api/invoices/7.pdf', { id: '7' })).toBe('/api/invoices/7.pdf');
  expect(at('/api/reports/evidence')).toBe('/api/reports/evidence');
  expect(at('/api/%E0%A4%A')).toBe('/api/%E0%A4%A');
});
