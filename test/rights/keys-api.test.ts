import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { SCOPES } from '#people/auth/rights.ts';
import { newPhone } from '../world/checkout.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let admin: Signed;
beforeAll(async () => {
  world = await startWorld();
  admin = await signInAs(world, 'admin');
});
afterAll(() => world.stop());

type Answer = Record<string, unknown>;
type As = { headers: Record<string, string> };
const send = async (method: string, path: string, { headers }: As = admin, body?: unknown) => {
  const response = await world.send(method, path, { headers, ...(body !== undefined && { body }) });
  return { status: response.status, body: (await response.json()) as Answer };
};
const make = async (more: Answer = {}, as: As = admin) => {
  const { status, body } = await send('POST', '/api/keys', as, { name: 'Shop server', scopes: ['payments:read'], ...more });
  return { status, body, id: String(body.keyId), key: { headers: { authorization: `Bearer ${String(body.key)}` } } };
};
const listed = async (id: string) => ((await send('GET', '/api/keys')).body.keys as Answer[]).find(({ keyId }) => keyId === id);
const idOf = async ({ phone }: Signed) =>
  (await world.database.sql<{ id: string }>('select id from people where phone_hash = $1', [lookupHash(phone)]))[0]?.id ?? '';
const disable = async (one: Signed, as: As = admin) =>
  (await send('POST', `/api/people/${await idOf(one)}/disable`, as, { reason: 'They left' })).body;

test("a key is shown once, may do what was said, and is its maker's", async () => {
  const { status, body, id, key } = await make({ scopes: ['reports:read', 'payments:read', 'payments:read'] });
  expect([status, body]).toEqual([
    201,
    { keyId: id, name: 'Shop server', scopes: ['payments:read', 'reports:read'], lastDay: null, key: expect.stringMatching(/^mlp_/) },
  ]);
  expect((await send('GET', '/api/payments', key)).status).toBe(200);
  expect((await send('GET', '/api/payouts', key)).status).toBe(403);
  const shown = await send('GET', '/api/keys');
  expect(JSON.stringify(shown)).not.toContain(String(body.key).slice(-43));
  const createdBy = `person:${await idOf(admin)}`;
  expect(await listed(id)).toMatchObject({ state: 'active', createdBy, answeredFor: true, lastUsedOn: '2026-11-21', revokedAt: null });
  expect(await world.database.sql('select actor, action from audit where subject = $1', [id])).toEqual([
    { actor: createdBy, action: 'api_key_created' },
  ]);
});

test('no key makes keys or people: such a scope does not exist', async () => {
  for (const scope of ['keys:manage', 'people:manage', 'receipts:record', 'nonsense']) {
    expect(SCOPES).not.toContain(scope);
    const { status, body } = await make({ scopes: ['payments:read', scope] });
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain('A scope is one of');
  }
  const { key } = await make({ scopes: [...SCOPES] });
  for (const [method, path] of [
    ['GET', '/api/keys'],
    ['POST', '/api/keys'],
    ['GET', '/api/people'],
    ['POST', '/api/people'],
  ] as const)
    expect((await send(method, path, key, method === 'POST' ? {} : undefined)).status).toBe(403);
});

test('a revoked key opens nothing from then on, and is revoked once', async () => {
  const { id, key } = await make();
  expect((await send('POST', `/api/keys/${id}/revoke`, admin, {})).body).toEqual({ keyId: id, state: 'revoked' });
  expect((await send('GET', '/api/payments', key)).status).toBe(401);
  expect(await send('POST', `/api/keys/${id}/revoke`, admin, {})).toMatchObject({ status: 409, body: { code: 'key_revoked' } });
  expect(await send('POST', '/api/keys/01930000-0000-7000-8000-000000000001/revoke', admin, {})).toMatchObject({
    body: { code: 'key_not_found' },
  });
  expect(await listed(id)).toMatchObject({ state: 'revoked' });
});

test('last use is written once a day, and not by whoever has the id alone', async () => {
  const { id, body } = await make();
  const wrong = { headers: { authorization: `Bearer ${String(body.key).slice(0, -43)}${'A'.repeat(43)}` } };
  expect((await send('GET', '/api/payments', wrong)).status).toBe(401);
  expect(await listed(id)).toMatchObject({ lastUsedOn: null });
  await world.database.resetRoundTrips();
  await send('GET', '/api/payments', { headers: { authorization: `Bearer ${String(body.key)}` } });
  expect(await world.database.roundTrips()).toBe(2);
});

test('what a key requests whose maker was disabled nobody approves, until another takes the key over', async () => {
  const maker = await signInAs(world, 'admin');
  const treasurer = await signInAs(world, 'treasurer');
  const { id, key } = await make({ scopes: ['payouts:request', 'payments:read'] }, maker);
  const request = (as = key) => send('POST', '/api/payouts', as, { phoneNumber: newPhone(), amount: 100, reason: 'Beans' });
  const approve = async (payoutId: unknown, as: As) =>
    send('POST', `/api/payouts/${String(payoutId)}/decision`, as, { decision: 'approve' });
  const early = await request();
  expect(await disable(maker)).toMatchObject({ keys: [{ keyId: id, name: 'Shop server' }] });
  expect(await listed(id)).toMatchObject({ state: 'active', answeredFor: false });
  expect((await send('GET', '/api/payments', key)).status).toBe(200);
  const late = await request();
  for (const { body } of [early, late])
    expect(await approve(body.payoutId, treasurer)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
  const taken = await send('POST', `/api/keys/${id}/take-over`, admin, {});
  const newId = String(taken.body.keyId);
  const createdBy = `person:${await idOf(admin)}`;
  expect(taken).toMatchObject({ status: 200, body: { replaces: id, createdBy, key: expect.stringMatching(/^mlp_/) } });
  expect(await listed(newId)).toMatchObject({
    name: 'Shop server',
    scopes: ['payments:read', 'payouts:request'],
    createdBy,
    answeredFor: true,
  });
  expect(JSON.stringify(await listed(newId))).not.toContain(String(taken.body.key).slice(-43));
  const asked = await request({ headers: { authorization: `Bearer ${String(taken.body.key)}` } });
  expect((await approve(asked.body.payoutId, treasurer)).body.code).not.toBe('second_person_needed');
});

test('whoever left with a key requests nothing with it once another took it over, nor is what it requested theirs', async () => {
  const maker = await signInAs(world, 'admin');
  const { id, key } = await make({ scopes: ['payouts:request', 'payments:read'] }, maker);
  const asked = await send('POST', '/api/payouts', key, { phoneNumber: newPhone(), amount: 100, reason: 'Beans' });
  await disable(maker);
  await send('POST', `/api/keys/${id}/take-over`, admin, {});
  expect((await send('GET', '/api/payments', key)).status).toBe(401);
  expect(await listed(id)).toMatchObject({ state: 'revoked', createdBy: `person:${await idOf(maker)}`, answeredFor: false });
  await send('POST', `/api/people/${await idOf(maker)}/enable`, admin, { reason: 'Back' });
  const decide = (decision: string) => send('POST', `/api/payouts/${String(asked.body.payoutId)}/decision`, admin, { decision });
  expect(await decide('approve')).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
  expect((await decide('decline')).status).toBe(200);
});

test('a maker who is let in again answers for their keys again; one who is here keeps them', async () => {
  const maker = await signInAs(world, 'admin');
  const { id } = await make({}, maker);
  expect(await send('POST', `/api/keys/${id}/take-over`, admin, {})).toMatchObject({ status: 409, body: { code: 'key_has_maker' } });
  await send('POST', `/api/people/${await idOf(maker)}/role`, admin, { role: 'member', reason: 'A year is over' });
  expect(await listed(id)).toMatchObject({ answeredFor: false });
  await send('POST', `/api/people/${await idOf(maker)}/role`, admin, { role: 'treasurer', reason: 'Elected' });
  expect(await listed(id)).toMatchObject({ answeredFor: true });
});

test("a key may do no more than its maker's role of now, and asks for that in the same round trip", async () => {
  const maker = await signInAs(world, 'admin');
  const { key } = await make({ scopes: ['payments:read', 'items:write'] }, maker);
  const write = async () => (await send('PUT', '/api/items', key, {})).status;
  expect(await write()).not.toBe(403);
  await send('POST', `/api/people/${await idOf(maker)}/role`, admin, { role: 'treasurer', reason: 'A year is over' });
  expect(await write()).toBe(403);
  expect((await send('GET', '/api/payments', key)).status).toBe(200);
  await world.database.resetRoundTrips();
  await send('GET', '/api/payments', key);
  expect(await world.database.roundTrips()).toBe(2);
});

test('a key that starts money out is told to the other treasurers and administrators, and no other is', async () => {
  const told = async (keyId: string) =>
    (
      await world.database.sql<{ person: string }>(
        "select 'person:' || (message ->> 'personId') as person from outbox where message ->> 'kind' = 'staff_notice' and message ->> 'aboutId' = $1",
        [keyId],
      )
    ).map(({ person }) => person);
  const [maker, treasurer, member] = [await signInAs(world, 'admin'), await signInAs(world, 'treasurer'), await signInAs(world, 'member')];
  const { id } = await make({ scopes: ['payouts:request'] }, maker);
  expect(await told(id)).toEqual(expect.arrayContaining([`person:${await idOf(treasurer)}`, `person:${await idOf(admin)}`]));
  expect(await told(id)).not.toContain(`person:${await idOf(maker)}`);
  expect(await told(id)).not.toContain(`person:${await idOf(member)}`);
  expect(await told((await make({}, maker)).id)).toEqual([]);
  await disable(maker);
  const { body } = await send('POST', `/api/keys/${id}/take-over`, admin, {});
  expect(await told(String(body.keyId))).toContain(`person:${await idOf(treasurer)}`);
  expect(await told(String(body.keyId))).not.toContain(`person:${await idOf(admin)}`);
});

test('of two who take a key over at once one has it', async () => {
  const [maker, other] = [await signInAs(world, 'admin'), await signInAs(world, 'admin')];
  const { id } = await make({}, maker);
  await disable(maker);
  const answers = await Promise.all([admin, other].map((as) => send('POST', `/api/keys/${id}/take-over`, as, {})));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
});

test('a key with a last day works until midnight in Nairobi, and a day that is over is refused', async () => {
  expect((await make({ lastDay: '2026-11-20' })).body).toMatchObject({ code: 'invalid_input' });
  const { id, key } = await make({ lastDay: '2026-11-21' });
  await world.clock.advance(Date.parse('2026-11-21T20:59:00Z') - world.clock.now().getTime());
  expect((await send('GET', '/api/payments', key)).status).toBe(200);
  await world.clock.advance(2 * 60_000);
  expect((await send('GET', '/api/payments', key)).status).toBe(401);
  admin = await signInAs(world, 'admin');
  expect(await listed(id)).toMatchObject({ state: 'expired', lastDay: '2026-11-21', lastUsedOn: '2026-11-21' });
});
