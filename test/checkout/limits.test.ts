import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhone, push } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

const DAILY_CAP = 80;
const FOR_STRANGERS = 64; // the last fifth is for those who have paid before

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { PROMPTS_PER_DAY: String(DAILY_CAP), LIMIT_PROMPTS_PER_ADDRESS_HOUR: '20' } });
});
afterAll(() => world.stop());

let address = 0;
const newAddress = () => `198.51.100.${address++}`;
const codeOf = async (response: Response) => (response.status === 201 ? 'accepted' : ((await response.json()) as { code: string }).code);
const from = async (phoneNumber: string, ip = newAddress()) =>
  codeOf(await world.send('POST', '/api/payments/stk-push', { body: { phoneNumber, items: [{ sku: 'coffee' }] }, ip }));
const promptsSent = () => world.simulator.control.truth().promptsAccepted;

test('200 posts at once, in every way of writing one number, make its phone ring once; later waves stop at three in ten minutes', async () => {
  const spellings = ['0711000001', '254711000001', '+254711000001', '0711 000 001', '00254711000001', '711-000-001'];
  const before = promptsSent();
  for (let wave = 1; wave <= 4; wave++) {
    const codes = await Promise.all(Array.from({ length: 50 }, (_, n) => from(spellings[n % spellings.length] ?? '')));
    expect(codes.filter((code) => code === 'accepted').length).toBe(wave <= 3 ? 1 : 0);
    if (wave === 4) expect(new Set(codes)).toEqual(new Set(['too_many_prompts']));
    await world.clock.advance(80_000);
  }
  expect(promptsSent()).toBe(before + 3);
});

test('the limit slides: the fourth prompt is free ten minutes after the first, not at a full hour', async () => {
  const phone = newPhone();
  for (let n = 0; n < 3; n++) {
    expect(await from(phone)).toBe('accepted');
    await world.clock.advance(120_000);
  }
  await world.clock.advance(3 * 60_000); // nine minutes after the first
  expect(await from(phone)).toBe('too_many_prompts');
  await world.clock.advance(61_000);
  expect(await from(phone)).toBe('accepted');
  expect(await from(phone)).toBe('prompt_open');
});

test('ten a day per phone', async () => {
  const phone = newPhone();
  for (let n = 0; n < 10; n++) {
    expect(await from(phone)).toBe('accepted');
    await world.clock.advance(11 * 60_000);
  }
  expect(await from(phone)).toBe('too_many_prompts');
  await world.clock.advance(22.2 * 3_600_000);
  expect(await from(phone)).toBe('accepted');
});

test('as many an hour per client address as are set, exactly', async () => {
  const ip = newAddress();
  const codes = await Promise.all(Array.from({ length: 25 }, () => from(newPhone(), ip)));
  expect(codes.filter((code) => code === 'accepted').length).toBe(20);
  expect(codes.filter((code) => code === 'too_many_requests').length).toBe(5);
});

test('a refused post consumes nothing', async () => {
  const phone = newPhone();
  const rows = () =>
    world.database.sql(
      'select (select count(*) from payments) p, (select count(*) from attempts) a, (select sum(cardinality(times)) from recent_times) t, (select sum(count) from counters) c',
    );
  await from(phone);
  const before = await rows();
  expect(await from(phone)).toBe('prompt_open');
  await push(world, { phoneNumber: newPhone(), amount: 1 });
  await push(world, { phoneNumber: newPhone(), items: [{ sku: 'gold' }] });
  expect(await rows()).toEqual(before);
});

test('the cap for one day holds for everybody together, and the next day in Nairobi is new', async () => {
  await world.clock.advance(24 * 3_600_000);
  const codes = await Promise.all(Array.from({ length: DAILY_CAP + 15 }, () => from(newPhone())));
  expect(codes.filter((code) => code === 'accepted').length).toBe(FOR_STRANGERS);
  expect(codes.filter((code) => code === 'daily_cap').length).toBe(DAILY_CAP + 15 - FOR_STRANGERS);
  await world.clock.advance(24 * 3_600_000);
  expect(await from(newPhone())).toBe('accepted');
}, 60_000);
