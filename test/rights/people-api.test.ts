import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { purgeSignIns } from '#people/people/sign-in-codes.ts';
import { newPhone } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { askForCode, type Signed, signIn, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let admin: Signed;
beforeAll(async () => {
  world = await startWorld();
  admin = await signInAs(world, 'admin');
});
beforeEach(async () => {
  await world.smsInbox.clear();
  await world.inbox.clear();
});
afterAll(() => world.stop());

type Answer = Record<string, unknown>;
const send = async (method: string, path: string, { headers }: { headers: Record<string, string> } = admin, body?: unknown) => {
  const response = await world.send(method, path, { headers, ...(body !== undefined && { body }) });
  return { status: response.status, body: (await response.json()) as Answer };
};
const invite = (more: Answer = {}, as = admin) =>
  send('POST', '/api/people', as, { phoneNumber: newPhone(), name: 'Wanjiru Kamau', role: 'treasurer', ...more });
const act = (id: unknown, what: string, more: Answer = {}, as = admin) =>
  send('POST', `/api/people/${String(id)}/${what}`, as, { reason: 'The board decided', ...more });
const personOf = async (phone: string) => {
  const [row] = await world.database.sql<{ id: string }>('select id from people where phone_hash = $1', [lookupHash(phone)]);
  return row?.id ?? '';
};
const trail = (id: unknown) =>
  world.database.sql('select actor, action, before, after from audit where subject = $1 order by happened_at desc, id desc', [id]);
const smsTo = (phone: string) => world.smsInbox.messages().filter(({ to, text }) => to === phone && !/^\d{6}/.test(text));

test('an invited person is told where to sign in, by SMS and mail, in their language, and is what they were invited as', async () => {
  const [phone, other] = [newPhone(), newPhone()];
  const { status, body } = await invite({ phoneNumber: `0${phone.slice(3)}`, email: 'w@example.com', language: 'sw' });
  expect([status, body]).toEqual([201, { personId: expect.any(String), role: 'treasurer', state: 'active' }]);
  await invite({ phoneNumber: other, role: 'admin' });
  await world.pass(1);
  expect(smsTo(phone).map(({ text }) => text)).toEqual([
    `Sasa wewe ni mhazini wa Duka la Kahawa. Ingia kwa nambari hii ya simu kwenye ${world.siteUrl}: utapokea nambari kwa SMS. Usimwambie mtu nambari hiyo.`,
  ]);
  const mails = world.inbox.messages().map(({ to, subject }) => [to[0]?.email, subject]);
  expect(mails.sort()).toEqual([
    ['w@example.com', 'Duka la Kahawa: Kuna mtu mpya wa kuidhinisha malipo'],
    ['w@example.com', 'Wewe ni mhazini wa Duka la Kahawa'],
  ]);
  expect(smsTo(other)[0]?.text).toMatch(/^You are now an administrator of Duka la Kahawa\. Sign in/);
  expect((await signIn(world, phone)).role).toBe('treasurer');
  expect(await trail(body.personId)).toMatchObject([
    { action: 'signed_in' },
    { actor: `person:${await personOf(admin.phone)}`, action: 'person_added', after: { role: 'treasurer' } },
  ]);
  const { body: listed } = await send('GET', `/api/people?phoneNumber=${phone}`);
  expect(listed).toMatchObject({
    people: [{ personId: body.personId, name: 'Wanjiru Kamau', role: 'treasurer', language: 'sw', state: 'active' }],
  });
});

test('a list has no whole number and no address; one person is read with them, and that is on the audit trail', async () => {
  const phone = newPhone();
  const { body } = await invite({ phoneNumber: phone, email: 'achieng@example.com' });
  const listed = JSON.stringify((await send('GET', '/api/people')).body);
  for (const secret of [phone, phone.slice(3), admin.phone, 'achieng@']) expect(listed).not.toContain(secret);
  expect(listed).toContain(maskPhone(phone));
  expect((await send('GET', `/api/people/${String(body.personId)}`)).body).toMatchObject({
    phoneNumber: phone,
    email: 'achieng@example.com',
  });
  expect((await trail(body.personId))[0]).toMatchObject({ action: 'person_read', actor: `person:${await personOf(admin.phone)}` });
  expect(await send('GET', `/api/people/${newId()}`)).toMatchObject({ status: 404, body: { code: 'person_not_found' } });
});

test('who becomes staff or is let in again as such is told to the others, by mail or else by SMS', async () => {
  const treasurer = await signInAs(world, 'treasurer');
  const { body } = await invite({ email: 'new@example.com' });
  await world.pass(1);
  const link = `${world.siteUrl}/api/audit?subject=${String(body.personId)}`;
  const heard = ({ phone }: { phone: string }) => smsTo(phone).filter(({ text }) => text.includes(link)).length;
  expect([heard(treasurer), heard(admin)]).toEqual([1, 0]);
  await act(body.personId, 'disable');
  await world.pass(1);
  expect(heard(treasurer)).toBe(1);
  await act(body.personId, 'enable');
  await world.pass(1);
  expect(heard(treasurer)).toBe(2);
  const member = await invite({ role: 'member' });
  await act(member.body.personId, 'role', { role: 'admin' });
  await world.pass(1);
  const mails = world.inbox
    .messages()
    .filter(({ to, text }) => to[0]?.email === 'new@example.com' && String(text).includes(String(member.body.personId)));
  expect(mails.map(({ subject }) => subject)).toEqual(['Duka la Kahawa: Somebody may approve payments now']);
});

test('a phone that somebody has is not invited a second time, also by two at once', async () => {
  const phone = newPhone();
  const answers = await Promise.all([invite({ phoneNumber: phone }), invite({ phoneNumber: phone, role: 'admin' })]);
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
  const refused = answers.find(({ status }) => status === 409)?.body;
  expect(refused).toMatchObject({ code: 'person_known', personId: await personOf(phone) });
  expect(refused?.detail).toContain(`/api/people/${await personOf(phone)}/role`);
});

test('people are listed in pages, by role and state', async () => {
  for (let n = 0; n < 3; n++) await invite({ role: 'member' });
  const first = (await send('GET', '/api/people?role=member&limit=2')).body as { people: Answer[]; nextCursor: string };
  const next = (await send('GET', `/api/people?role=member&limit=2&cursor=${first.nextCursor}`)).body as {
    people: Answer[];
    nextCursor: null;
  };
  expect([first.people.length, next.people.length, next.nextCursor]).toEqual([2, 1, null]);
  expect((await send('GET', '/api/people?state=disabled')).body).toEqual({ people: [], nextCursor: null });
});

test('a new role counts at once in a session that runs, membership stays, and the person is told', async () => {
  const member = await signInAs(world, 'member');
  const joined = await send('POST', '/api/members', member, {
    ...{ phoneNumber: member.phone, name: 'A member', bornOn: '1990-01-01', nationalId: '12345678' },
  });
  expect(joined.status).toBe(201);
  const id = await personOf(member.phone);
  expect((await act(id, 'role', { role: 'treasurer', language: 'sw' })).body).toEqual({
    personId: id,
    role: 'treasurer',
    state: 'active',
    changed: true,
    keys: [],
  });
  expect((await send('GET', '/api/me', member)).body).toMatchObject({
    role: 'treasurer',
    rights: expect.arrayContaining(['payouts:approve']),
  });
  expect((await send('GET', '/api/members/me', member)).body).toMatchObject({ memberId: joined.body.memberId });
  await world.pass(1);
  expect(smsTo(member.phone)[0]?.text).toMatch(/^Sasa wewe ni mhazini wa Duka la Kahawa\. Imeanza mara moja/);
  expect((await act(id, 'role', { role: 'treasurer' })).body).toMatchObject({ changed: false });
  await act(id, 'role', { role: 'member' });
  expect((await send('GET', '/api/payouts', member)).status).toBe(403);
  expect(await trail(id)).toMatchObject(
    [
      { action: 'role_changed', before: { role: 'treasurer' }, after: { role: 'member', reason: 'The board decided' } },
      { action: 'role_changed', before: { role: 'member' }, after: { role: 'treasurer' } },
      { action: 'member_joined' },
      { action: 'signed_in' },
      { action: 'person_added' },
    ].filter(({ action }) => action !== 'member_joined'),
  );
});

test('a disabled person is out at once and for good: no code, no session that comes back; enabled, they sign in anew', async () => {
  const { phone, headers } = await signInAs(world, 'treasurer');
  const id = await personOf(phone);
  expect((await act(id, 'disable')).body).toMatchObject({ state: 'disabled', changed: true });
  expect((await world.send('GET', '/api/me', { headers })).status).toBe(401);
  expect((await act(id, 'disable')).body).toMatchObject({ state: 'disabled', changed: false });
  await world.pass(1);
  expect(smsTo(phone).map(({ text }) => text)).toEqual([expect.stringMatching(/^Your access to Duka la Kahawa has ended/)]);
  await world.smsInbox.clear();
  await askForCode(world, phone);
  expect(world.smsInbox.messages().filter(({ to, text }) => to === phone && /^\d{6}/.test(text))).toEqual([]);
  expect((await act(id, 'enable')).body).toMatchObject({ state: 'active', role: 'treasurer', changed: true });
  expect((await world.send('GET', '/api/me', { headers })).status).toBe(401);
  await world.clock.advance(11 * 60_000);
  expect((await signIn(world, phone)).role).toBe('treasurer');
});

test('who was disabled and let in again before the message left is told only what is true', async () => {
  const { phone } = await signInAs(world, 'treasurer');
  const id = await personOf(phone);
  await act(id, 'disable');
  await act(id, 'enable');
  await world.pass(1);
  expect(smsTo(phone).map(({ text }) => text)).toEqual([expect.stringMatching(/^You may sign in to Duka la Kahawa again/)]);
});

test('nobody changes their own role or shuts themselves out', async () => {
  const own = await personOf(admin.phone);
  for (const [what, more] of [
    ['role', { role: 'member' }],
    ['disable', {}],
    ['enable', {}],
  ] as const)
    expect(await act(own, what, more)).toMatchObject({ status: 403, body: { code: 'not_yourself' } });
});

test('a key can do none of it, whatever its scopes', async () => {
  const key = { headers: await operator(world, 'payouts:request', 'members:read') };
  expect((await send('GET', '/api/people', key)).status).toBe(403);
  expect((await invite({}, key as Signed)).status).toBe(403);
});

test("sessions are listed and ended: a person theirs, an administrator anybody's, and nobody another's", async () => {
  const phone = newPhone();
  const here = await signIn(world, phone);
  await world.clock.advance(11 * 60_000);
  const there = await signIn(world, phone);
  const stranger = await signIn(world);
  const { sessions } = (await send('GET', '/api/me/sessions', here)).body as { sessions: { sessionId: string; current: boolean }[] };
  expect(sessions.map(({ current }) => current)).toEqual([false, true]);
  const sessionId = sessions[0]?.sessionId;
  expect((await send('POST', '/api/me/sessions/end', stranger, { sessionId })).body).toMatchObject({ code: 'session_not_found' });
  expect((await send('GET', '/api/me', there)).status).toBe(200);
  expect((await send('POST', '/api/me/sessions/end', here, { others: true })).body).toEqual({ ended: 1 });
  expect((await send('GET', '/api/me', there)).status).toBe(401);
  expect((await send('GET', '/api/me', here)).status).toBe(200);
  expect(await send('POST', '/api/me/sessions/end', here, { sessionId })).toMatchObject({
    status: 404,
    body: { code: 'session_not_found' },
  });
  expect((await send('POST', '/api/me/sessions/end', here, {})).status).toBe(400);

  const treasurer = await signInAs(world, 'treasurer');
  const id = await personOf(treasurer.phone);
  expect((await send('GET', `/api/people/${id}/sessions`)).body.sessions).toHaveLength(1);
  expect((await send('POST', `/api/people/${id}/sessions/end`, admin, {})).body).toEqual({ ended: 1 });
  expect((await send('GET', '/api/me', treasurer)).status).toBe(401);
  expect((await send('POST', `/api/people/${id}/sessions/end`, admin, {})).body).toEqual({ ended: 0 });
  expect(await trail(id)).toMatchObject([
    { action: 'sessions_ended', after: { sessions: 1 } },
    { action: 'signed_in' },
    { action: 'person_added' },
  ]);
});

test('sessions that have expired are gone, and their list with them', async () => {
  await signIn(world);
  await world.clock.advance(13 * 3_600_000);
  await purgeSignIns(world.app, new Date(world.clock.now().getTime() + 60_000));
  expect(await world.database.sql('select id from sessions')).toEqual([]);
  admin = await signIn(world, admin.phone);
});

test('a phone is unlocked, and who cannot be reached is listed with the reason until then', async () => {
  const { phone } = await signInAs(world, 'member');
  const id = await personOf(phone);
  await world.database.sql("insert into unreachable (channel, address_hash, reason, refused_at) values ('sms', $1, 'Blocked', $2)", [
    lookupHash(phone),
    world.clock.now(),
  ]);
  expect((await send('GET', '/api/unreachable')).body).toMatchObject({
    unreachable: [
      { channel: 'sms', reason: 'Blocked', maskedAddress: maskPhone(phone), person: { personId: id, name: 'A member' }, lastPayment: null },
    ],
    nextOffset: null,
  });
  expect((await send('POST', '/api/phones/unlock', admin, { phoneNumber: phone })).body).toEqual({ unlocked: true });
  expect((await send('POST', '/api/phones/unlock', admin, { phoneNumber: phone })).body).toEqual({ unlocked: false });
  expect((await send('GET', '/api/unreachable')).body).toMatchObject({ unreachable: [] });
});

test.each([
  [{ phoneNumber: '12' }, 'Kenyan mobile number'],
  [{ role: 'king' }, 'role'],
  [{ email: 'x' }, 'email'],
  [{ language: 'fr' }, 'language'],
])('an invitation with %j is refused with what to change', async (more, words) => {
  const { status, body } = await invite(more);
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(words);
});

test('somebody who is not there is not found, and no name or number is on the trail', async () => {
  expect((await act('01930000-0000-7000-8000-000000000001', 'disable')).body).toMatchObject({ code: 'person_not_found' });
  const phone = newPhone();
  await invite({ phoneNumber: phone, name: 'Canary Name', email: 'canary@example.com' });
  await act(await personOf(phone), 'disable', { reason: `Call 0${phone.slice(3)}` });
  const dump = JSON.stringify(await world.database.sql('select * from audit'));
  expect(dump).not.toMatch(/canary/i);
  expect(dump).not.toContain(phone.slice(3));
});
