import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newReference } from '#ground/references/reference.ts';
import { openSavings } from '#sacco/members/register-member.ts';
import { newPhone } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { makeMember } from '../world/lending.ts';
import { askForCode, signIn, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';
import { ask, type Joined, join, joined, newNationalId } from './join.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const count = async (table: string) => (await world.database.sql<{ n: number }>(`select count(*)::int as n from ${table}`))[0]?.n ?? 0;
const personOf = async (memberId: string) =>
  (await world.database.sql('select p.* from people p join members m on m.person_id = p.id where m.id = $1', [memberId]))[0];

test('whoever is signed in joins: number, savings account and reference at once, and their session holds the new rights', async () => {
  const customer = await signIn(world);
  expect(customer.role).toBe('public');
  const response = await join(world, customer);
  expect(response.status).toBe(201);
  const { memberId, number, savings } = (await response.json()) as Joined;
  expect(number).toMatch(/^M-\d{5}$/);
  expect(savings.reference).toMatch(/^SV-[0-9A-Z]{8}$/);
  expect(await ask(world, 'GET', '/api/me', customer)).toMatchObject({
    body: { role: 'member', name: 'Njeri Kamau', rights: expect.arrayContaining(['own:write']) },
  });
  expect(await personOf(memberId)).toMatchObject({ role: 'member', phone_verified_at: world.clock.now() });
  const [ledger] = await world.database.sql('select kind, parent from accounts where id = $1', [`savings:${savings.accountId}`]);
  expect(ledger).toEqual({ kind: 'liability', parent: 'savings' });
  const [standing] = await world.database.sql('select kind from standing_references where subject_id = $1', [savings.accountId]);
  expect(standing).toEqual({ kind: 'savings' });
});

test('joining is audited without a word of what was said', async () => {
  const { memberId, number, savings } = await joined(world);
  const trail = await world.database.sql("select actor, action, after from audit where subject = $1 and action = 'member_joined'", [
    memberId,
  ]);
  expect(trail).toEqual([{ actor: expect.stringMatching(/^phone:/), action: 'member_joined', after: { number, ...savings } }]);
});

describe('a person joins once', () => {
  test('who asks again is told their number, and nothing changes', async () => {
    const member = await joined(world);
    const before = await personOf(member.memberId);
    const again = await join(world, member, { name: 'Somebody Else', nationalId: newNationalId() });
    expect([again.status, await again.json()]).toEqual([
      409,
      expect.objectContaining({ code: 'already_a_member', number: member.number, detail: expect.stringContaining(member.number) }),
    ]);
    expect(await personOf(member.memberId)).toEqual(before);
  });

  test('also when they ask many times at the same moment', async () => {
    const customer = await signIn(world);
    const [members, people] = [await count('members'), await count('people')];
    const answers = await Promise.all(Array.from({ length: scaled(12) }, () => join(world, customer, { nationalId: newNationalId() })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(answers.length - 1).fill(409)]);
    const bodies = await Promise.all(answers.map((answer) => answer.json() as Promise<Record<string, unknown>>));
    expect(new Set(bodies.map(({ number }) => number)).size).toBe(1);
    expect([await count('members'), await count('people')]).toEqual([members + 1, people + 1]);
  });

  test('a national id is the id of one member, however many ask for it at the same moment and however they write it', async () => {
    const id = newNationalId();
    const people = await Promise.all(Array.from({ length: 6 }, () => signIn(world)));
    const spellings = [id, ` ${id} `, `${id.slice(0, 3)} ${id.slice(3)}`, `0${id}`, `${id.slice(0, 5)}-${id.slice(5)}`, `00${id}`];
    const answers = await Promise.all(people.map((person, at) => join(world, person, { nationalId: spellings[at] })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    const codes = await Promise.all(answers.map(async (answer) => ((await answer.json()) as { code?: string }).code));
    expect(codes.filter((code) => code === 'national_id_used')).toHaveLength(5);
    const refused = people[answers.findIndex(({ status }) => status === 409)];
    if (refused) expect((await ask(world, 'GET', '/api/me', refused)).body).toMatchObject({ role: 'public' });
  });

  test('with an Idempotency-Key they hear the same bytes, though they are somebody else by then', async () => {
    const customer = await signIn(world);
    const nationalId = newNationalId();
    const key = { 'idempotency-key': 'joining-0001' };
    const answers = await Promise.all(Array.from({ length: 4 }, () => join(world, customer, { nationalId }, key)));
    answers.push(await join(world, customer, { nationalId }, key));
    expect(answers.map(({ status }) => status)).toEqual([201, 201, 201, 201, 201]);
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect(answers.at(-1)?.headers.get('idempotent-replayed')).toBe('true');
    expect((await join(world, customer, {}, key)).status).toBe(422);
  });
});

test.each(['treasurer', 'admin'] as const)(
  'a %s who joins keeps their role, and joins once however often they ask at the same moment',
  async (role) => {
    const person = await signInAs(world, role);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => join(world, person, { nationalId: newNationalId(), email: undefined })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
    expect((await ask(world, 'GET', '/api/me', person)).body).toMatchObject({ role, name: 'Njeri Kamau' });
  },
);

describe('who is refused', () => {
  test('is under 18 on the day in Nairobi, and the next day they are not', async () => {
    const customer = await signIn(world);
    const young = { bornOn: '2008-11-22' };
    const refused = await join(world, customer, young);
    expect([refused.status, await refused.json()]).toEqual([422, expect.objectContaining({ code: 'under_age' })]);
    await world.clock.advance(new Date('2026-11-21T20:59:59Z').getTime() - world.clock.now().getTime()); // a second before midnight
    const person = await signIn(world, customer.phone);
    expect((await join(world, person, young)).status).toBe(422);
    await world.clock.advance(1_000);
    expect((await join(world, person, young)).status).toBe(201);
  });

  test.each(['2026-11-22', '2027-01-01', '9982-11-21', '9999-12-31'])('was not born yet: %s', async (bornOn) => {
    const answer = await join(world, await signIn(world), { bornOn });
    expect([answer.status, await answer.json()]).toEqual([422, expect.objectContaining({ code: 'under_age' })]);
  });

  test("names another phone than the one they proved, a member's among them", async () => {
    const person = await signIn(world);
    const before = await count('people');
    for (const phoneNumber of [newPhone(), (await makeMember(world)).phone]) {
      const answer = await join(world, person, { phoneNumber });
      expect([answer.status, await answer.json()]).toEqual([422, expect.objectContaining({ code: 'phone_not_yours' })]);
    }
    expect(await count('people')).toBe(before + 1);
  });

  test.each([
    ['no name', { name: ' ' }],
    ['a name of two lines', { name: 'Njeri\nKamau' }],
    ['no national id', { nationalId: undefined }],
    ['a national id of words', { nationalId: 'my card is lost' }],
    ['a day that is none', { bornOn: '1991-02-30' }],
    ['a birth in another century', { bornOn: '1091-03-14' }],
    ['a PIN that is none', { kraPin: 'P0512' }],
    ['a next of kin without a phone', { nextOfKin: { name: 'Kamau', relationship: 'father' } }],
    ['a language we do not speak', { language: 'fr' }],
    ['something we do not ask for', { role: 'admin' }],
  ])('says %s', async (_, changes) => {
    expect((await join(world, await signIn(world), changes)).status).toBe(400);
  });

  test('is nobody, an API key, or whose session has ended', async () => {
    expect((await world.send('POST', '/api/members', { body: {} })).status).toBe(401);
    await askForCode(world, newPhone());
    expect((await world.send('POST', '/api/members', { body: {}, headers: { authorization: 'Bearer x.y.z' } })).status).toBe(401);
  });
});

test('a reference that stands for something already is drawn again', async () => {
  const { id, savingsReference } = await makeMember(world);
  await world.database.sql('delete from member_accounts where member_id = $1', [id]);
  const drawn = [savingsReference, savingsReference.toLowerCase(), newReference('SV')];
  const fresh = drawn.at(-1);
  const opened = await world.app.db.transaction((tx) =>
    openSavings(tx, { memberId: id, now: world.clock.now() }, () => drawn.shift() ?? ''),
  );
  expect(opened.reference).toBe(fresh);
});
