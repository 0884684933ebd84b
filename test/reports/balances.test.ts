import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { confirm, noticeBody, owe, register, tellsNow } from '../paybill/paybill.ts';
import { push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: '600111' } });
  await register(world);
});
afterAll(() => world.stop());

type Answer = { difference: number; shortcodes: Record<string, unknown>[]; accounts: { account: string; balance: number }[] };
const read = async () =>
  (await (await world.send('GET', '/api/reports/balances', { headers: await operator(world, 'reports:read') })).json()) as Answer;

test('what is proved and told stands apart for each short code, debits equal credits, and a checkpoint changes nothing', async () => {
  const { prompt } = await push(world);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);
  await confirm(world, noticeBody({ ...tellsNow(world), BillRefNumber: (await owe(world)).reference, TransAmount: '1250.00' }));
  await confirm(world, noticeBody({ ...tellsNow(world), BusinessShortCode: '600111', BillRefNumber: 'rent', TransAmount: '300.00' }));
  const before = await read();
  expect(before.difference).toBe(0);
  expect(before.shortcodes).toEqual([
    { shortcode: '174379', proved: 1250, told: 1250, together: 2500 },
    { shortcode: '600111', proved: 0, told: 300, together: 300 },
  ]);
  const sums = await balances(world.app.db);
  expect(Object.fromEntries(before.accounts.map(({ account, balance }) => [account, BigInt(Math.round(balance * 100))]))).toEqual(sums);
  await world.pass(2);
  expect((await read()).shortcodes).toEqual(before.shortcodes);
});

test('it costs one round trip beside who asks', async () => {
  const headers = await operator(world, 'reports:read');
  await world.send('GET', '/api/reports/balances', { headers });
  await world.database.resetRoundTrips();
  await world.send('GET', '/api/reports/balances', { headers });
  expect(await world.database.roundTrips()).toBe(2);
});
