import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { disablePerson } from '#people/people/manage-people.ts';
import { newPhone } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { askForCode, codeSentTo, signInAs, tryCode } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { LIMIT_CODES_PER_ADDRESS_HOUR: '20' } });
});
beforeEach(() => world.smsInbox.clear());
afterAll(() => world.stop());

const minutes = (count: number) => world.clock.advance(count * 60_000);

test('asking for a code gives the same answer with the same work, whether the number is known, disabled or nobody', async () => {
  const member = (await signInAs(world, 'member')).phone;
  const disabled = (await signInAs(world, 'treasurer')).phone;
  await disablePerson(world.app.db, disabled, { actor: 'test', now: world.clock.now() });
  await world.smsInbox.clear();
  const seen = [];
  for (const phone of [newPhone(), member, disabled]) {
    await world.database.resetRoundTrips();
    const response = await askForCode(world, phone);
    seen.push({ status: response.status, body: await response.json(), roundTrips: await world.database.roundTrips() });
  }
  expect(seen[0]).toMatchObject({ status: 202, roundTrips: 1 });
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[2]).toEqual(seen[0]);
  expect(world.smsInbox.messages().map(({ to }) => to)).not.toContain(disabled);
});

test('asking for a code says so when the provider fails, to whomever, and the log tells of it', async () => {
  const member = (await signInAs(world, 'member')).phone;
  for (const phoneNumber of [newPhone(), member]) {
    world.smsInbox.failNext(1, 500);
    const response = await world.send('POST', '/api/sign-in/code', { body: { phoneNumber }, ip: '198.51.100.1' });
    expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([503, 'provider_unavailable']);
  }
  expect(world.logLines.join('\n')).toContain('code_not_sent');
});

let networks = 0;
test.each([
  ['one network', () => '198.51.100.40', 3],
  ['everywhere', () => `198.18.${++networks >> 8}.${networks & 255}`, 8],
])('asking for a code from %s at once sends exactly as many SMS as may leave, however many ask', async (_, from, most) => {
  const phone = newPhone();
  const spellings = [phone, `+${phone}`, `0${phone.slice(3)}`];
  const statuses = await Promise.all(
    Array.from({ length: scaled(40) }, async (_, n) => (await askForCode(world, spellings[n % 3] ?? phone, {}, from())).status),
  );
  expect(statuses.filter((status) => status === 202)).toHaveLength(most);
  expect(statuses.filter((status) => status === 429)).toHaveLength(statuses.length - most);
  expect(world.smsInbox.messages().filter(({ to }) => to === phone)).toHaveLength(most);
});

test('asking for a code slides: a fourth is free ten minutes after the first; ten a day where the phone has signed in', async () => {
  const home = '198.51.100.50';
  const phone = newPhone();
  const ask = async () => (await askForCode(world, phone, {}, home)).status;
  expect([await ask(), await ask(), await ask(), await ask()]).toEqual([202, 202, 202, 429]);
  await minutes(9);
  await tryCode(world, phone, codeSentTo(world, phone), home);
  await minutes(1.1);
  const statuses = [];
  for (let n = 0; n < 8; n++) {
    statuses.push(await ask());
    await minutes(4);
  }
  expect(statuses).toEqual([202, 202, 202, 202, 202, 202, 202, 429]);
  await minutes(24 * 60);
  expect(await ask()).toBe(202);
});

test('asking for a code is limited per client address as the platform saw it, whatever the headers say', async () => {
  const statuses = await Promise.all(
    Array.from({ length: 30 }, async (_, n) => {
      const headers = {
        'x-forwarded-for': `10.0.0.${n}`,
        'x-real-ip': `10.0.1.${n}`,
        'x-nf-client-connection-ip': `10.0.2.${n}`,
        forwarded: `for=10.0.3.${n}`,
      };
      return (await world.send('POST', '/api/sign-in/code', { body: { phoneNumber: newPhone() }, ip: '198.51.100.2', headers })).status;
    }),
  );
  expect(statuses.filter((status) => status === 202)).toHaveLength(20);
  const tries = await Promise.all(
    Array.from({ length: 70 }, async (_, n) => {
      const headers = { 'x-forwarded-for': `10.0.0.${n}` };
      const body = { phoneNumber: newPhone(), code: '000000' };
      return (await world.send('POST', '/api/sign-in', { body, ip: '198.51.100.3', headers })).status;
    }),
  );
  expect(tries.filter((status) => status === 401)).toHaveLength(60);
  expect(tries.filter((status) => status === 429)).toHaveLength(10);
});

test('a refused request for a code consumes nothing, and leaves the code before alive', async () => {
  const phone = newPhone();
  const home = '198.51.100.60';
  for (let n = 0; n < 3; n++) await askForCode(world, phone, {}, home);
  const code = codeSentTo(world, phone);
  const counts = () =>
    world.database.sql('select (select sum(cardinality(times)) from recent_times) t, (select sum(count) from counters) c');
  const before = await counts();
  expect((await askForCode(world, phone, {}, home)).status).toBe(429);
  expect(await counts()).toEqual(before);
  expect((await tryCode(world, phone, code, home)).status).toBe(200);
});
