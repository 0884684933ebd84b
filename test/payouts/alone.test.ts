import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createApiKey } from '#people/auth/api-keys.ts';
import { newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

type Headers = { authorization: string };

let world: World;
let other: Headers;

beforeAll(async () => {
  world = await startWorld();
  other = await signedIn(world, 'treasurer');
  for (let n = 0; n < 3; n++) {
    const phoneNumber = newPhone();
    world.simulator.control.setBalance(phoneNumber, 250_000);
    const { prompt } = await push(world, { phoneNumber, items: [{ sku: 'coffee', quantity: 160 }] });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
  }
});
afterAll(() => world.stop());

const send = async (path: string, body: unknown, headers: Headers) => {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const ask = async (by: Headers, amount: number, phoneNumber = newPhone()) =>
  (await send('/api/payouts', { phoneNumber, amount, reason: 'Supplier' }, by)).body.payoutId;
const approve = (payoutId: unknown, by: Headers) => send(`/api/payouts/${payoutId}/decision`, {}, by);
const second = { status: 403, body: { code: 'second_person_needed' } };

/** A key that a person has made, and that person. */
async function withKey(): Promise<{ maker: Headers; key: Headers }> {
  const maker = await signedIn(world, 'treasurer');
  const [person] = await world.database.sql<{ id: string }>("select id from people where role = 'treasurer' order by id desc limit 1");
  const made = { name: 'Shop', scopes: ['payouts:request' as const], createdBy: `person:${person?.id}`, now: world.clock.now() };
  const { token } = await createApiKey(world.app.db, made);
  return { maker, key: { authorization: `Bearer ${token}` } };
}

describe('what one person approves alone is summed', () => {
  test('for a payee and day, also when twelve are approved at once: the rest takes a second person', async () => {
    const [alone, phone] = [await signedIn(world, 'treasurer'), newPhone()];
    const asked = await Promise.all(Array.from({ length: 12 }, () => ask(alone, 10_000, phone)));
    const answers = await Promise.all(asked.map((payoutId) => approve(payoutId, alone)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ body }) => body.code === 'second_person_needed')).toHaveLength(11);
    const left = asked.filter((_, n) => answers[n]?.status !== 200);
    expect((await approve(left[0], other)).status).toBe(200);
    expect(await approve(await ask(other, 10, phone), other)).toMatchObject(second); // a payee's sum is one for all who approve alone
  });

  test('for the person and day in all, whoever the payees are; a refusal counts nothing and the next day begins again', async () => {
    const alone = await signedIn(world, 'treasurer');
    const asked = await Promise.all(Array.from({ length: 12 }, () => ask(alone, 9_999)));
    const answers = await Promise.all(asked.map((payoutId) => approve(payoutId, alone)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(10);
    expect(answers.filter(({ body }) => body.code === 'second_person_needed')).toHaveLength(2);
    expect((await approve(await ask(alone, 10), alone)).status).toBe(200);
    expect(await approve(await ask(alone, 10), alone)).toMatchObject(second);
    await world.clock.advance(24 * 3_600_000);
    other = await signedIn(world, 'treasurer'); // sessions have ended
    const again = await signedIn(world, 'treasurer');
    expect((await approve(await ask(again, 9_999), again)).status).toBe(200);
  });

  test('and what somebody else had asked for is not', async () => {
    const [one, two] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
    const phone = newPhone();
    for (let n = 0; n < 3; n++) expect((await approve(await ask(one, 9_000, phone), two)).status).toBe(200);
  });
});

describe('a key is whoever made it', () => {
  test('above the limit its maker is not the second person, and below it what they approve counts', async () => {
    const { maker, key } = await withKey();
    const large = await ask(key, 20_000);
    expect(await approve(large, maker)).toMatchObject(second);
    expect((await approve(large, other)).status).toBe(200);
    const phone = newPhone();
    expect((await approve(await ask(key, 6_000, phone), maker)).status).toBe(200);
    expect(await approve(await ask(maker, 6_000, phone), maker)).toMatchObject(second);
  });

  test('one that nobody is known to have made starts nothing that a single person may approve', async () => {
    const { token } = await createApiKey(world.app.db, { name: 'Old', scopes: ['payouts:request'], now: world.clock.now() });
    const payoutId = await ask({ authorization: `Bearer ${token}` }, 10);
    expect(await approve(payoutId, other)).toMatchObject(second);
    expect((await send(`/api/payouts/${payoutId}/decision`, { decision: 'decline' }, other)).status).toBe(200);
  });
});
