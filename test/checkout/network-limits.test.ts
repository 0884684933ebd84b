import { afterAll, beforeAll, expect, test } from 'vitest';
import { networkHash, networkOf } from '#ground/limits/network.ts';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';

const DAY = 40;
const NETWORKS_SHARE = DAY / 4;
const ROOM = DAY / 5;

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { LIMIT_PROMPTS_PER_DAY: String(DAY) }, simulator: { delays: { callbackMs: 0 } } });
});
afterAll(() => world.stop());

const nextDay = () => world.clock.advance(24 * 3_600_000);
let strangers = 0;
const newAddress = () => `198.51.100.${strangers++ % 256}`;
async function ask(ip: string, phoneNumber = newPhone(), headers: Record<string, string> = {}): Promise<string> {
  const body = { phoneNumber, items: [{ sku: 'coffee' }] };
  const response = await world.send('POST', '/api/payments/stk-push', { body, ip, headers });
  return response.status === 201 ? 'accepted' : ((await response.json()) as { code: string }).code;
}
const count = (codes: string[], code: string) => codes.filter((each) => each === code).length;
const many = (times: number, one: (n: number) => Promise<string>) => Promise.all(Array.from({ length: times }, (_, n) => one(n)));
const halfTasks = () =>
  world.database.sql<{ subject: string }>("select subject from reviews where kind = 'daily_limit_half_used' order by opened_at");

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['::ffff:203.0.113.7', '203.0.113.7'],
  ['::FFFF:cb00:7107', '203.0.113.7'],
  ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['', ''],
  ['no address', 'no address'],
])('the address %s counts as the network %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});

test('one IPv4 address uses up a quarter of the day at most, however many ask at once, and leaves the rest to others', async () => {
  const codes = await many(DAY, () => ask('203.0.113.50'));
  expect([count(codes, 'accepted'), count(codes, 'too_many_requests')]).toEqual([NETWORKS_SHARE, DAY - NETWORKS_SHARE]);
  expect(await ask(newAddress())).toBe('accepted');
  await nextDay();
});

test('so does one IPv6 /64, whatever addresses it takes; the next /64 has a share of its own', async () => {
  const codes = await many(DAY, (n) => ask(`2001:db8:7:7::${(n + 1).toString(16)}`));
  expect([count(codes, 'accepted'), count(codes, 'too_many_requests')]).toEqual([NETWORKS_SHARE, DAY - NETWORKS_SHARE]);
  expect(await ask('2001:db8:7:8::1')).toBe('accepted');
  await nextDay();
});

test('an address written inside an IPv6 one is the same network', async () => {
  const codes = [...(await many(6, () => ask('203.0.113.51'))), ...(await many(6, () => ask('::ffff:203.0.113.51')))];
  expect(count(codes, 'accepted')).toBe(NETWORKS_SHARE);
  await nextDay();
});

test('the last fifth of the day is for phones that have paid before and for API keys; half of it used opens one task', async () => {
  const payer = newPhone();
  const { prompt } = await push(world, { phoneNumber: payer });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(1000);
  await world.settled();
  await nextDay();
  const before = (await halfTasks()).length;

  await many(DAY / 2 - 1, () => ask(newAddress()));
  expect(await halfTasks()).toHaveLength(before);
  const codes = await many(DAY, () => ask(newAddress()));
  expect(count(codes, 'accepted')).toBe(DAY - ROOM - (DAY / 2 - 1));
  expect(count(codes, 'daily_cap')).toBe(DAY - (DAY - ROOM - (DAY / 2 - 1)));
  expect((await halfTasks()).slice(before)).toEqual([{ subject: expect.stringMatching(/^prompts:\d{4}-\d\d-\d\d$/) }]);

  expect(await ask(newAddress(), payer)).toBe('accepted');
  const headers = await operator(world, 'payments:read');
  const keys = await many(ROOM + 3, () => ask('203.0.113.52', newPhone(), headers));
  expect([count(keys, 'accepted'), count(keys, 'daily_cap')]).toEqual([ROOM - 1, 4]);
  expect(await ask(newAddress(), payer)).toBe('prompt_open');
  await nextDay();
});

test('who is refused by the day uses up nothing of their network, and who is refused by their network nothing of the day', async () => {
  const counters = () =>
    world.database.sql('select key, count from counters where right(key, 10) = (select max(right(key, 10)) from counters) order by 1');
  await many(NETWORKS_SHARE, () => ask('203.0.113.60'));
  const full = await counters();
  expect(await ask('203.0.113.60')).toBe('too_many_requests');
  expect(await counters()).toEqual(full);
  await many(DAY, () => ask(newAddress()));
  const closed = await counters();
  expect(await ask(newAddress())).toBe('daily_cap');
  expect(await counters()).toEqual(closed);
  await nextDay();
});

test('a shop whose customers share one address sells to 300 of them an hour as it is delivered, exactly, and through an API key to all', async () => {
  const busy = await startWorld();
  try {
    const { limits } = busy.app.config;
    expect(limits.promptsPerNetwork).toEqual([{ minutes: 60, most: 300 }]);
    const key = await operator(busy, 'payments:read');
    const send = async (headers: Record<string, string>) => {
      const body = { phoneNumber: newPhone(), items: [{ sku: 'coffee' }] };
      return (await busy.send('POST', '/api/payments/stk-push', { body, ip: '203.0.113.70', headers })).status;
    };
    const times = Array.from({ length: 297 }, () => busy.clock.now().toISOString());
    await busy.database.sql('insert into recent_times (key, times) values ($1, $2)', [`address:${networkHash('203.0.113.70')}`, times]);
    const statuses = await Promise.all(Array.from({ length: 8 }, () => send({})));
    expect(statuses.filter((status) => status === 201)).toHaveLength(3);
    expect(await Promise.all(Array.from({ length: 10 }, () => send(key)))).toEqual(Array(10).fill(201));
  } finally {
    await busy.stop();
  }
});
