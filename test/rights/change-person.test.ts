import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { standInOf } from '#ground/text/stand-in.ts';
import { addPerson } from '#people/people/manage-people.ts';
import { anonymised } from '../person/person.ts';
import { newPhone } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let admin: Signed;
let treasurer: Signed;
beforeAll(async () => {
  world = await startWorld();
  admin = await signInAs(world, 'admin');
  treasurer = await signInAs(world, 'treasurer');
});
beforeEach(async () => {
  await world.pass(1);
  await world.database.sql("update people set role = 'member' where email is not null"); // who is told as staff has no mail here
  await world.smsInbox.clear();
  await world.inbox.clear();
});
afterAll(() => world.stop());

type Answer = Record<string, unknown>;
type As = { headers: Record<string, string> };
const change = async (id: string, body: unknown, { headers }: As = admin) => {
  const response = await world.send('POST', `/api/people/${id}`, { headers, body });
  return { status: response.status, body: (await response.json()) as Answer };
};
const read = async (id: string) => (await (await world.send('GET', `/api/people/${id}`, { headers: admin.headers })).json()) as Answer;
const personOf = async (phone: string) => {
  const [row] = await world.database.sql<{ id: string }>('select id from people where phone_hash = $1', [lookupHash(phone)]);
  return row?.id ?? '';
};
const add = async (role: 'member' | 'treasurer', email?: string) => {
  const phone = newPhone();
  const { id } = await addPerson(world.app.db, { phone, name: 'Wanjiru Kamau', email, role }, { actor: 'test', now: world.clock.now() });
  return { id, phone };
};
const mails = () =>
  world.inbox
    .messages()
    .map(({ to, subject }) => `${to[0]?.email}: ${subject}`)
    .sort();
const smsTo = (phone: string) => world.smsInbox.messages().flatMap(({ to, text }) => (to === phone && !/^\d{6}/.test(text) ? [text] : []));
const waiting = () => world.database.sql('select message from outbox where sent_at is null and dead_at is null');

test('an e-mail that is changed is told at the old and the new address, by SMS, and to the others who approve, once each', async () => {
  const { id, phone } = await add('treasurer', 'old@example.com');
  const until = new Date(world.clock.now().getTime() + 24 * 3_600_000);
  const { status, body } = await change(id, { email: 'new@example.com' });
  expect([status, body]).toMatchObject([200, { personId: id, changed: ['email'] }]);
  expect(Math.abs(Date.parse(String(body.emailWaitsUntil)) - until.getTime())).toBeLessThan(60_000);
  expect(JSON.stringify(await world.database.sql('select message from outbox'))).not.toMatch(/@/);
  await world.pass(2);
  const changed = 'Your e-mail address at Duka la Kahawa was changed';
  expect(mails()).toEqual([`new@example.com: ${changed}`, `old@example.com: ${changed}`]);
  expect(smsTo(phone)).toEqual([
    expect.stringMatching(
      /^The e-mail address that Duka la Kahawa has for you was changed\. Codes for signing in may go there from \d{1,2} [A-Z]\w+, \d\d:\d\d\. If you did not expect this, ask an administrator before: http/,
    ),
  ]);
  expect(smsTo(treasurer.phone)).toEqual([
    expect.stringMatching(`e-mail address was changed.*${world.siteUrl}/api/audit\\?subject=${id}$`),
  ]);
  expect(smsTo(admin.phone)).toEqual([]);
  expect(await read(id)).toMatchObject({ email: 'new@example.com', name: 'Wanjiru Kamau', role: 'treasurer', state: 'active' });
});

test('where the old address was is kept only until it is told there, and sealed', async () => {
  const { id } = await add('member', 'kept@example.com');
  await change(id, { email: null });
  const held = () => world.database.sql("select message from outbox where message ->> 'formerAddress' is not null");
  expect(await held()).toEqual([{ message: expect.objectContaining({ formerAddress: expect.stringMatching(/^v1\./) }) }]);
  await world.pass(2);
  expect(mails()).toEqual(['kept@example.com: Your e-mail address at Duka la Kahawa was changed']);
  expect(await held()).toEqual([]);
  expect((await read(id)).email).toBeNull();
});

test('an old address that takes no mail makes no task, and goes as well', async () => {
  const { id } = await add('member', 'gone@example.com');
  world.inbox.refuse('gone@example.com', true);
  await change(id, { email: 'here@example.com' });
  await world.pass(2);
  expect(mails()).toEqual(['here@example.com: Your e-mail address at Duka la Kahawa was changed']);
  expect(await world.database.sql("select 1 from reviews where kind = 'person_unreachable' and subject = $1", [id])).toEqual([]);
  expect(await world.database.sql("select 1 from outbox where message ->> 'formerAddress' is not null")).toEqual([]);
});

test('a name and a language are told in that language, and to nobody else; sessions go on', async () => {
  const member = await signInAs(world, 'member');
  const id = await personOf(member.phone);
  expect((await change(id, { name: ' Achieng Otieno ', language: 'sw' })).body).toEqual({
    personId: id,
    changed: ['name', 'language'],
    emailWaitsUntil: null,
  });
  await world.pass(1);
  expect(smsTo(member.phone)).toEqual([
    `Jina au lugha yako iliyo kwa Duka la Kahawa imebadilishwa. Kama hukutarajia hili, muulize msimamizi: ${world.siteUrl}`,
  ]);
  expect(smsTo(treasurer.phone)).toEqual([]);
  expect(await read(id)).toMatchObject({ name: 'Achieng Otieno', language: 'sw', email: null });
  expect((await world.send('GET', '/api/me', { headers: member.headers })).status).toBe(200);
});

test('what is so already is neither written nor told; the spelling of an e-mail is told once', async () => {
  const { id, phone } = await add('member', 'same@example.com');
  expect((await change(id, { name: 'Wanjiru Kamau', email: 'same@example.com' })).body).toEqual({
    personId: id,
    changed: [],
    emailWaitsUntil: null,
  });
  await world.pass(1);
  expect([mails(), smsTo(phone)]).toEqual([[], []]);
  await change(id, { email: 'Same@example.com' });
  await world.pass(1);
  expect(mails()).toEqual(['Same@example.com: Your e-mail address at Duka la Kahawa was changed']);
});

test('an administrator changes their own, and the others are told of the e-mail', async () => {
  const id = await personOf(admin.phone);
  expect((await change(id, { email: 'admin@example.com', name: 'Njeri' })).body).toMatchObject({ changed: ['name', 'email'] });
  await world.pass(1);
  expect(mails()).toHaveLength(2);
  expect(smsTo(treasurer.phone)).toHaveLength(1);
  await change(id, { email: null });
});

test('the trail says which fields, and no name or address', async () => {
  const { id } = await add('member', 'canary@example.com');
  await change(id, { name: 'Canary Name', email: 'canary-two@example.com' });
  expect(
    await world.database.sql("select actor, action, before, after from audit where subject = $1 and action <> 'person_added'", [id]),
  ).toEqual([
    {
      ...{ actor: `person:${await personOf(admin.phone)}`, action: 'person_corrected' },
      ...{ before: null, after: { changed: ['name', 'email'] } },
    },
  ]);
  expect(JSON.stringify(await world.database.sql('select * from audit'))).not.toMatch(/canary/i);
  expect(world.logLines.join()).not.toMatch(/canary/i);
});

test('a new address that a provider had refused is tried again', async () => {
  const { id } = await add('member');
  await world.database.sql("insert into unreachable (channel, address_hash, reason, refused_at) values ('email', $1, 'Bounced', $2)", [
    ...[lookupHash('mended@example.com'), world.clock.now()],
  ]);
  await change(id, { email: 'Mended@example.com' });
  await world.pass(1);
  expect(mails()).toEqual(['Mended@example.com: Your e-mail address at Duka la Kahawa was changed']);
});

test('of two changes at once each old address is told, and the person of what is now', async () => {
  const { id, phone } = await add('treasurer', 'one@example.com');
  const answers = await Promise.all([change(id, { email: 'two@example.com' }), change(id, { email: 'three@example.com' })]);
  expect(answers.map(({ status, body }) => [status, body.changed])).toEqual([
    [200, ['email']],
    [200, ['email']],
  ]);
  await world.pass(2);
  const last = (await read(id)).email;
  const between = last === 'two@example.com' ? 'three@example.com' : 'two@example.com';
  expect([...new Set(mails().map((mail) => mail.split(':')[0]))].sort()).toEqual(['one@example.com', last, between].sort());
  expect(new Set(smsTo(phone)).size).toBe(1);
});

test('a disabled person is corrected too, stays shut out, and is told', async () => {
  const { id, phone } = await add('member', 'was@example.com');
  await world.send('POST', `/api/people/${id}/disable`, { headers: admin.headers, body: { reason: 'The board decided' } });
  await world.pass(1);
  await world.inbox.clear();
  expect((await change(id, { email: 'is@example.com' })).body).toMatchObject({ changed: ['email'] });
  await world.pass(1);
  expect(mails()).toHaveLength(2);
  expect(smsTo(phone)).toHaveLength(2);
  expect(await read(id)).toMatchObject({ state: 'disabled', email: 'is@example.com' });
});

test('nothing of somebody who was anonymised is changed, and what waited for their old address is gone', async () => {
  const { id } = await add('member', 'forget@example.com');
  await change(id, { email: 'other@example.com' });
  expect(await anonymised(world, '--person', id, '--yes')).toMatchObject({ code: 0 });
  expect(JSON.stringify(await waiting())).not.toContain('v1.');
  expect(await change(id, { name: 'Somebody Else' })).toMatchObject({ status: 409, body: { code: 'person_anonymised' } });
  await world.pass(1);
  expect(mails()).toEqual([]);
  const stood = await world.database.sql<{ phone_hash: string }>('select phone_hash from people where id = $1', [id]);
  const [row] = await world.database.sql<{ id: string }>('select id from anonymisations where person_id = $1', [id]);
  expect(stood).toEqual([{ phone_hash: lookupHash(standInOf(row?.id ?? '')) }]);
});

test.each([
  [{}, 'Send what is to change'],
  [{ email: 'x' }, 'email'],
  [{ email: `${'a'.repeat(250)}@example.com` }, 'email'],
  [{ name: 'W' }, 'name'],
  [{ name: 'Two\nlines' }, 'line breaks'],
  [{ language: 'fr' }, 'language'],
  [{ role: 'admin' }, 'role'],
  [{ phoneNumber: '0712345678' }, 'phoneNumber'],
])('%j is refused with what to change', async (body, words) => {
  const answer = await change(await personOf(treasurer.phone), body);
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toContain(words);
});

test('somebody who is not there is not found; a treasurer, a member, a key, and an administrator who is none any more change nothing', async () => {
  const { id } = await add('member', 'mine@example.com');
  expect(await change(newId(), { name: 'Nobody' })).toMatchObject({ status: 404, body: { code: 'person_not_found' } });
  const former = await signInAs(world, 'admin');
  await world.database.sql("update people set role = 'member' where phone_hash = $1", [lookupHash(former.phone)]);
  const key = { headers: await operator(world, 'members:read', 'payouts:request') };
  for (const as of [treasurer, await signInAs(world, 'member'), former, key])
    expect((await change(id, { email: 'thief@example.com' }, as)).status).toBe(403);
  expect((await read(id)).email).toBe('mine@example.com');
});
