import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { addPerson } from '#people/people/manage-people.ts';
import { newPhone } from '../world/checkout.ts';
import { askForCode, codeSentTo, type Signed, signInAs, tryCode } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

// Where a phone takes no SMS, whoever reads the e-mail is the person: so an e-mail that somebody else has set takes no code for a day.

const DAY_MS = 24 * 3_600_000;

let world: World;
let admin: Signed;
beforeAll(async () => {
  world = await startWorld();
});
beforeEach(async () => {
  admin = await signInAs(world, 'admin');
  await world.pass(1);
  await world.inbox.clear();
});
afterAll(() => world.stop());

/** Somebody whose phone takes no SMS. */
async function mailed(role: 'member' | 'treasurer', email?: string) {
  const phone = newPhone();
  const { id } = await addPerson(world.app.db, { phone, name: 'Wanjiru', email, role }, { actor: 'test', now: world.clock.now() });
  world.smsInbox.refuse(phone, 406);
  return { id, phone };
}
const send = async (path: string, body: unknown, { headers }: Pick<Signed, 'headers'> = admin) => {
  const response = await world.send('POST', path, { headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const codes = () =>
  world.inbox
    .messages()
    .flatMap(({ to, text }) => (/^\d{6}/.test(text ?? '') ? [{ to: to[0]?.email, code: (text ?? '').slice(0, 6) }] : []));
async function codesFor(phone: string) {
  await world.inbox.clear();
  const answer = await askForCode(world, phone);
  await world.settled();
  return { said: ((await answer.json()) as { message: string }).message, sent: codes() };
}
/** On, so that neither limits of codes nor sessions of before stand in the way. */
async function later(ms: number) {
  await world.clock.advance(ms);
  admin = await signInAs(world, 'admin');
}

test('an administrator who sets the e-mail of a treasurer without SMS gets no code for it before a day is over', async () => {
  const { id, phone } = await mailed('treasurer', 'own@example.com');
  expect((await codesFor(phone)).sent).toEqual([expect.objectContaining({ to: 'own@example.com' })]);
  await later(11 * 60_000);
  expect(await send(`/api/people/${id}`, { email: 'thief@example.com' })).toMatchObject({
    body: { emailWaitsUntil: expect.stringMatching(/^\d{4}-/) },
  });
  const waits = await codesFor(phone);
  expect(waits.sent).toEqual([]);
  const unknown = newPhone();
  world.smsInbox.refuse(unknown, 406);
  expect(waits.said).toBe((await codesFor(unknown)).said);
  const shown = (await (await world.send('GET', `/api/people/${id}`, { headers: admin.headers })).json()) as Record<string, unknown>;
  expect(shown.emailWaitsUntil).toEqual(expect.stringMatching(/^\d{4}-/));
  await later(DAY_MS - 12 * 60_000);
  expect((await codesFor(phone)).sent).toEqual([]);
  await later(13 * 60_000);
  const [code] = (await codesFor(phone)).sent;
  expect(code?.to).toBe('thief@example.com');
  expect((await tryCode(world, phone, code?.code ?? '')).status).toBe(200);
});

test('the wait begins anew with each change, also back, and survives a change of name, role, or being let in again', async () => {
  const { id, phone } = await mailed('member', 'own@example.com');
  await send(`/api/people/${id}`, { email: 'other@example.com' });
  await later(DAY_MS - 60_000);
  expect(await send(`/api/people/${id}`, { email: 'own@example.com' })).toMatchObject({ status: 200 });
  await later(120_000);
  expect((await codesFor(phone)).sent).toEqual([]);
  expect(await send(`/api/people/${id}`, { name: 'Wanjiru K', email: 'own@example.com' })).toMatchObject({
    body: { changed: ['name'], emailWaitsUntil: expect.stringMatching(/^\d{4}-/) },
  });
  await send(`/api/people/${id}/role`, { role: 'treasurer', reason: 'Elected' });
  await send(`/api/people/${id}/disable`, { reason: 'Left' });
  await send(`/api/people/${id}/enable`, { reason: 'Is back' });
  expect((await codesFor(phone)).sent).toEqual([]);
});

test('an e-mail that is removed leaves nothing to wait for; set again it waits', async () => {
  const { id, phone } = await mailed('member', 'own@example.com');
  expect(await send(`/api/people/${id}`, { email: null })).toMatchObject({ body: { changed: ['email'], emailWaitsUntil: null } });
  expect(await send(`/api/people/${id}`, { email: 'own@example.com' })).toMatchObject({
    body: { emailWaitsUntil: expect.stringMatching(/^\d{4}-/) },
  });
  expect((await codesFor(phone)).sent).toEqual([]);
});

test("one's own change, and the e-mail of somebody who is invited, wait for nothing", async () => {
  const me = (
    (await (await world.send('GET', '/api/people?limit=1', { headers: admin.headers })).json()) as { people: { personId: string }[] }
  ).people[0];
  expect(await send(`/api/people/${me?.personId}`, { email: 'admin@example.com' })).toMatchObject({ body: { emailWaitsUntil: null } });
  const phone = newPhone();
  world.smsInbox.refuse(phone, 406);
  await send('/api/people', { phoneNumber: phone, name: 'Akinyi', role: 'treasurer', email: 'invited@example.com' });
  expect((await codesFor(phone)).sent).toEqual([expect.objectContaining({ to: 'invited@example.com' })]);
});

test('a member who proves the phone sets their own e-mail at once, whatever waited', async () => {
  const member = await signInAs(world, 'member');
  const registered = await send(
    '/api/members',
    { phoneNumber: member.phone, name: 'Otieno Ouma', nationalId: '27561234', bornOn: '1990-11-21', email: 'own@example.com' },
    member,
  );
  const [{ id } = { id: '' }] = await world.database.sql<{ id: string }>(
    'select p.id from people p join members m on m.person_id = p.id order by p.created_at desc limit 1',
  );
  expect([201, 200]).toContain(registered.status);
  await send(`/api/people/${id}`, { email: 'other@example.com' });
  expect(await send('/api/members/me', { email: 'mine@example.com' }, member)).toMatchObject({ status: 200 });
  expect(await world.database.sql('select email_waits_until from people where id = $1', [id])).toEqual([{ email_waits_until: null }]);
});

test('a code that went to the e-mail of before signs nobody in once somebody else has changed it; one that came by SMS does', async () => {
  const { id, phone } = await mailed('treasurer', 'lost@example.com');
  const [mail] = (await codesFor(phone)).sent;
  expect(mail?.to).toBe('lost@example.com');
  await send(`/api/people/${id}`, { email: 'new@example.com' });
  expect((await tryCode(world, phone, mail?.code ?? '')).status).toBe(401);
  const other = newPhone();
  const person = { phone: other, name: 'Akinyi', email: 'akinyi@example.com', role: 'member' } as const;
  const added = await addPerson(world.app.db, person, { actor: 'test', now: world.clock.now() });
  await askForCode(world, other);
  await send(`/api/people/${added.id}`, { email: 'new@example.com' });
  expect((await tryCode(world, other, codeSentTo(world, other))).status).toBe(200);
});

test('a code whose SMS is refused goes to no e-mail that was changed while it was tried', async () => {
  const phone = newPhone();
  const person = { phone, name: 'Akinyi', email: 'lost@example.com', role: 'treasurer' } as const;
  const { id } = await addPerson(world.app.db, person, { actor: 'test', now: world.clock.now() });
  const [tried, changed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  world.smsInbox.refuse(phone, 406);
  const { fetch } = globalThis;
  globalThis.fetch = async (...request: Parameters<typeof fetch>) => {
    if (String(request[0]).startsWith(world.smsInbox.url)) {
      tried.resolve();
      await changed.promise;
    }
    return fetch(...request);
  };
  try {
    await world.inbox.clear();
    const asked = askForCode(world, phone);
    await tried.promise;
    await send(`/api/people/${id}`, { email: 'new@example.com' });
    changed.resolve();
    await asked;
    await world.settled();
  } finally {
    globalThis.fetch = fetch;
  }
  expect(codes()).toEqual([]);
});

test('the list shows how long an e-mail waits, and nothing once it does not', async () => {
  const { id, phone } = await mailed('member', 'own@example.com');
  const listed = async () => {
    const response = await world.send('GET', `/api/people?phoneNumber=${phone}`, { headers: admin.headers });
    return ((await response.json()) as { people: { emailWaitsUntil: string | null }[] }).people[0]?.emailWaitsUntil;
  };
  expect(await listed()).toBeNull();
  const { body } = await send(`/api/people/${id}`, { email: 'other@example.com' });
  expect(await listed()).toBe(body.emailWaitsUntil);
  await later(DAY_MS);
  expect(await listed()).toBeNull();
});

test('the others who approve are told from when codes go there and how to stop it; of a change of their own, that they may', async () => {
  const told = async () => {
    await world.pass(2);
    return world.smsInbox.messages().flatMap(({ to, text }) => (to === other.phone && /e-mail address/.test(text) ? [text] : []));
  };
  const other = await signInAs(world, 'treasurer');
  const { id } = await mailed('member', 'own@example.com');
  await send(`/api/people/${id}`, { email: 'other@example.com' });
  expect(await told()).toEqual([
    expect.stringMatching(
      /changed by somebody else\. Codes for signing in may go there from \d{1,2} [A-Z]\w+, \d\d:\d\d\. If you did not expect this, have an administrator put the old one back or disable them before, and ask who did it: http/,
    ),
  ]);
  await world.smsInbox.clear();
  const mine = await world.send('GET', `/api/people?phoneNumber=${admin.phone}`, { headers: admin.headers });
  const me = ((await mine.json()) as { people: { personId: string }[] }).people[0];
  await send(`/api/people/${me?.personId}`, { email: 'admin@example.com' });
  expect(await told()).toEqual([
    expect.stringMatching(/was changed, and codes for signing in may go there\. If you did not expect this, ask who/),
  ]);
});
