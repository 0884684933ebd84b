import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { makeSession } from '#people/auth/session.ts';
import { readSessionCookie, sessionCookie } from '#people/auth/session-cookie.ts';
import { addPerson, disablePerson } from '#people/people/manage-people.ts';
import { newPhone } from '../world/checkout.ts';
import { signIn, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
beforeEach(() => world.smsInbox.clear());
afterAll(() => world.stop());

const me = (headers: Record<string, string>) => world.send('GET', '/api/me', { headers });
const minutes = (count: number) => world.clock.advance(count * 60_000);

test('a session knows what its holder is now: a new role and a shut door count at once', async () => {
  const { phone, headers } = await signIn(world);
  const roleNow = async () => ((await (await me(headers)).json()) as { role?: string }).role;
  expect(await roleNow()).toBe('public');
  const at = { actor: 'test', now: world.clock.now() };
  await addPerson(world.app.db, { phone, name: 'Otieno', email: undefined, role: 'treasurer' }, at);
  expect(await roleNow()).toBe('treasurer');
  await disablePerson(world.app.db, phone, at);
  expect((await me(headers)).status).toBe(401);
  await addPerson(world.app.db, { phone, name: 'Otieno', email: undefined, role: 'member' }, at);
  expect((await me(headers)).status).toBe(401); // it has ended for good
  await minutes(1);
  const again = await me((await signIn(world, phone)).headers);
  expect(((await again.json()) as { role?: string }).role).toBe('member');
});

test('a session costs one round trip to recognise, and nothing when it was altered', async () => {
  const { headers, token } = await signIn(world);
  await world.database.resetRoundTrips();
  await world.send('POST', '/api/sign-out', { body: {}, headers: { authorization: `Bearer ${token.slice(0, -4)}AAAA` } });
  expect(await world.database.roundTrips()).toBe(0);
  await world.send('GET', '/api/payments', { headers });
  expect(await world.database.roundTrips()).toBe(2);
});

test('a session ends after twelve hours', async () => {
  const { headers } = await signIn(world);
  await minutes(12 * 60 - 1);
  expect((await me(headers)).status).toBe(200);
  await minutes(2);
  expect((await me(headers)).status).toBe(401);
});

test('a session ends everywhere when its holder signs out, and no other session with it', async () => {
  const phone = newPhone();
  const first = await signIn(world, phone);
  const second = await signIn(world, phone);
  const response = await world.send('POST', '/api/sign-out', { body: {}, headers: first.headers });
  expect(response.headers.get('set-cookie')).toMatch(/^malipo=; Path=\/; Max-Age=0/);
  expect((await me(first.headers)).status).toBe(401);
  expect((await me({ cookie: first.cookie })).status).toBe(401);
  expect((await me(second.headers)).status).toBe(200);
});

test('a session holds no phone number, and a person has their name', async () => {
  const { phone, token, headers } = await signInAs(world, 'treasurer');
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  expect(claims).not.toContain(phone.slice(4));
  expect(await (await me(headers)).json()).toMatchObject({
    role: 'treasurer',
    name: 'A treasurer',
    rights: expect.arrayContaining(['payouts:approve']),
  });
});

test('a session of another site, under another key or under none opens nothing', async () => {
  const { token, phone } = await signInAs(world, 'admin');
  const { sessionSecret: secret, site } = world.app.config;
  const holder = { phoneHash: lookupHash(phone), maskedPhone: '07•• ••• 000' };
  const now = world.clock.now();
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${token.split('.')[1]}.`;
  const own = await makeSession({ secret, site: site.url }, holder, now);
  const others = [
    await makeSession({ secret, site: 'https://other.example' }, holder, now),
    await makeSession({ secret: createSecretKey(Buffer.alloc(32, 'x')), site: site.url }, holder, now),
  ];
  expect((await me({ authorization: `Bearer ${own.token}` })).status).toBe(200);
  for (const forged of [none, ...others.map((session) => session.token), 'nonsense', ''])
    expect((await me({ authorization: `Bearer ${forged}` })).status).toBe(401);
});

test('a session is out of reach of scripts and other sites, and on https bound to its host', () => {
  expect(sessionCookie('https://duka.example', 'token', 60)).toBe(
    '__Host-malipo=token; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure',
  );
  expect(readSessionCookie('https://duka.example', 'a=b; __Host-malipo=token; malipo=tossed')).toBe('token');
  expect(readSessionCookie('https://duka.example', 'malipo=tossed')).toBeUndefined();
});

test('a session in a cookie reads anything, and writes only from our own pages', async () => {
  const { cookie } = await signInAs(world, 'admin');
  const body = { items: [{ sku: 'tea', name: 'Tea', kind: 'product', price: 100, vatClass: 'B' }] };
  const put = async (headers: Record<string, string>) =>
    (await world.send('PUT', '/api/items', { body, headers: { cookie, ...headers } })).status;
  expect((await me({ cookie })).status).toBe(200);
  expect(await put({})).toBe(403);
  expect(await put({ origin: 'https://evil.example' })).toBe(403);
  expect(await put({ origin: 'null' })).toBe(403);
  expect(await put({ origin: world.siteUrl })).toBe(200);
});

test('a cookie that is no session makes a visitor, so that nobody is locked out of the checkout', async () => {
  const headers = { cookie: 'malipo=nonsense' };
  expect((await world.send('GET', '/api/items', { headers })).status).toBe(200);
  expect((await me(headers)).status).toBe(401);
});
