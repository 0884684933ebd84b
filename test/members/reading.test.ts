import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { disablePerson } from '#people/people/manage-people.ts';
import { confirm, noticeBody } from '../paybill/paybill.ts';
import { makeLoan, makeMember } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { type Signed, signIn, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';
import { aboutHim, ask, type Joined, join, joined, newNationalId } from './join.ts';

let world: World;
let member: Signed & Joined;
let treasurer: Signed;
beforeAll(async () => {
  world = await startWorld();
  member = await joined(world, { nationalId: '31415926', address: 'P.O. Box 41, Nyeri' });
  treasurer = await signInAs(world, 'treasurer');
});
afterAll(() => world.stop());

const looks = () => world.database.sql("select actor, subject from audit where action = 'member_read' order by happened_at, id");

describe('a member', () => {
  test('reads how they stand: accounts with balances, loans with what is unpaid', async () => {
    const borrower = await makeMember(world);
    const loan = await makeLoan(world, { member: borrower, principalCents: 500_000n });
    await confirm(world, noticeBody({ BillRefNumber: borrower.savingsReference, TransAmount: '750' }));
    await world.database.sql(
      'insert into penalties (loan_id, number, period, charged_on, days, base_cents, amount_cents, paid_cents, waived_cents, recorded_at) values ($1, 1, 1, now(), 8, 50000, 700, 100, 200, now())',
      [loan.id],
    );
    expect((await ask(world, 'GET', '/api/members/me', borrower)).body).toMatchObject({
      memberId: borrower.id,
      name: 'Achieng Otieno',
      optOut: { sms: false, email: false },
      accounts: [{ accountId: borrower.accountId, kind: 'savings', reference: borrower.savingsReference, balance: 750 }],
      loans: [{ loanId: loan.id, reference: loan.reference, state: 'active', outstanding: 5004 }],
    });
  });

  test('reads what they said when they joined, their national id only by its end, and nobody notes it', async () => {
    const before = await looks();
    const { status, body } = await ask(world, 'GET', '/api/members/me', member);
    expect(status).toBe(200);
    const { name, bornOn, kraPin, email, address, nextOfKin, language } = aboutHim(member.phone) as Record<string, string>;
    expect(body).toMatchObject({ number: member.number, nationalId: '•••926', ...{ name, bornOn, kraPin, email, address, language } });
    expect(body.nextOfKin).toEqual({ ...(nextOfKin as unknown as object), phone: '254722000111' });
    expect(JSON.stringify(body)).not.toContain(member.phone);
    expect(await looks()).toEqual(before);
    expect(await ask(world, 'GET', `/api/members/${member.memberId}`, member)).toEqual({ status: 200, body });
  });

  test('costs three round trips: who asks, what is known of them, and the balance of their account', async () => {
    await world.database.resetRoundTrips();
    await ask(world, 'GET', '/api/members/me', member);
    expect(await world.database.roundTrips()).toBe(3);
  });
});

describe("somebody else's membership", () => {
  test('answers like one that is not there, to a member, a customer and a key without the scope', async () => {
    const [stranger, customer] = [await joined(world), await signIn(world)];
    for (const asker of [stranger, customer]) {
      const [other, none] = [
        await ask(world, 'GET', `/api/members/${member.memberId}`, asker),
        await ask(world, 'GET', `/api/members/${newId()}`, asker),
      ];
      expect([other.status, other.body.code]).toEqual([404, 'member_not_found']);
      expect({ ...other.body, requestId: '' }).toEqual({ ...none.body, requestId: '' });
    }
    const key = { headers: await operator(world, 'payments:read') };
    expect((await ask(world, 'GET', `/api/members/${member.memberId}`, key)).status).toBe(403);
    expect((await ask(world, 'GET', '/api/members/me', customer)).body).toMatchObject({ code: 'member_not_found' });
    expect((await ask(world, 'GET', '/api/members/me', { headers: await operator(world, 'members:read') })).status).toBe(404);
  });
});

describe('a treasurer', () => {
  test('reads all that is known of a member, and it is on the record who looked, and no more', async () => {
    const before = (await looks()).length;
    const { status, body } = await ask(world, 'GET', `/api/members/${member.memberId}`, treasurer);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ nationalId: '31415926', phoneNumber: member.phone, kraPin: 'A012345678Z' }),
    ]);
    await ask(world, 'GET', `/api/members/${newId()}`, treasurer);
    const seen = (await looks()).slice(before);
    expect(seen).toEqual([{ actor: expect.stringMatching(/^person:/), subject: member.memberId }]);
  });

  const find = async (query: string) => {
    const { status, body } = await ask(world, 'GET', `/api/members?${query}`, treasurer);
    return { status, ids: ((body.members ?? []) as { memberId: string }[]).map(({ memberId }) => memberId), body };
  };

  test('finds a member by number, phone or national id, as people write them', async () => {
    const digits = Number(member.number.slice(2));
    for (const query of [
      `number=${member.number}`,
      `number=${digits}`,
      `number=m%20${digits}`,
      `phoneNumber=0${member.phone.slice(3)}`,
      'nationalId=3141%205926',
      'nationalId=031415926',
      `number=${member.number}&nationalId=31415926&phoneNumber=${member.phone}`,
    ])
      expect((await find(query)).ids, query).toEqual([member.memberId]);
    for (const query of ['number=M-99999', 'phoneNumber=0799999999', 'nationalId=99999999', `number=1&nationalId=31415926&before=1`])
      expect((await find(query)).ids, query).toEqual([]);
    for (const query of ['number=Njeri', 'name=Njeri', 'limit=0']) expect((await find(query)).status, query).toBe(400);
  });

  test('sees of the list neither ids, nor birthdays, nor full phones', async () => {
    const { body } = await find(`number=${member.number}`);
    expect(body.members).toEqual([
      {
        memberId: member.memberId,
        number: member.number,
        name: 'Njeri Kamau',
        maskedPhone: expect.stringMatching(/^07•• ••• \d{3}$/),
        disabled: false,
        joinedAt: expect.any(String),
      },
    ]);
  });

  test('pages through all of them once, newest first', async () => {
    for (let n = 0; n < 5; n++) await makeMember(world);
    const [{ n: all } = { n: 0 }] = await world.database.sql<{ n: number }>('select count(*)::int as n from members');
    const seen: string[] = [];
    let before = '';
    do {
      const { body, ids } = await find(`limit=3${before && `&before=${before}`}`);
      seen.push(...ids);
      if (body.nextBefore !== null) expect(ids).toHaveLength(3);
      before = String(body.nextBefore ?? '');
    } while (before);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toHaveLength(all);
  });
});

describe('what a member changes of themselves', () => {
  const change = (person: Pick<Signed, 'headers'>, body: unknown) => ask(world, 'POST', '/api/members/me', person, body);

  test('holds at once, alone, and is audited by its names only', async () => {
    const person = await joined(world);
    const before = (await ask(world, 'GET', '/api/members/me', person)).body;
    const kin = { name: 'Wambui', phone: '0733 111 222', relationship: 'sister' };
    const changed = await change(person, { address: 'Kisumu', email: 'new@example.org', nextOfKin: kin, language: 'sw' });
    const expected = {
      ...before,
      address: 'Kisumu',
      email: 'new@example.org',
      nextOfKin: { ...kin, phone: '254733111222' },
      language: 'sw',
    };
    expect(changed).toEqual({ status: 200, body: expected });
    expect((await change(person, { email: null, nextOfKin: null })).body).toEqual({ ...expected, email: null, nextOfKin: null });
    const trail = await world.database.sql(
      "select after from audit where action = 'member_changed' and subject = $1 order by happened_at, id",
      [person.memberId],
    );
    expect(trail).toEqual([
      { after: { changed: ['email', 'address', 'nextOfKin', 'language'] } },
      { after: { changed: ['email', 'nextOfKin'] } },
    ]);
  });

  test('can be that they want no messages: the first time counts, and they may take it back', async () => {
    const person = await joined(world);
    const since = () => world.database.sql('select sms_opt_out_at, email_opt_out_at from members where id = $1', [person.memberId]);
    expect((await change(person, { optOut: { sms: true } })).body).toMatchObject({ optOut: { sms: true, email: false } });
    const first = await since();
    await world.clock.advance(60_000);
    expect((await change(person, { optOut: { sms: true, email: true } })).body).toMatchObject({ optOut: { sms: true, email: true } });
    expect((await since())[0]?.sms_opt_out_at).toEqual(first[0]?.sms_opt_out_at);
    expect((await change(person, { optOut: { sms: false } })).body).toMatchObject({ optOut: { sms: false, email: true } });
  });

  test('never touches anybody else, and nobody changes anything of theirs', async () => {
    const before = (await ask(world, 'GET', `/api/members/${member.memberId}`, treasurer)).body;
    await change(await joined(world), { address: 'Mombasa', email: 'x@example.org' });
    expect((await ask(world, 'GET', `/api/members/${member.memberId}`, treasurer)).body).toEqual(before);
    const staff = await change(treasurer, { address: 'Mombasa' });
    expect([staff.status, staff.body.code]).toEqual([404, 'member_not_found']);
    expect((await change(await signIn(world), { address: 'Mombasa' })).status).toBe(403);
  });

  test.each([
    {},
    { name: 'Another' },
    { nationalId: '1234567' },
    { email: 'nonsense' },
    { language: null },
    { optOut: true },
    { nextOfKin: { name: 'x' } },
  ])('is refused when it is %j', async (body) => {
    expect((await change(member, body)).status).toBe(400);
  });

  test('holds when they ask for two things at the same moment', async () => {
    const person = await joined(world);
    await Promise.all([
      change(person, { address: 'Kisumu' }),
      change(person, { language: 'sw' }),
      change(person, { optOut: { sms: true } }),
      change(person, { optOut: { email: true } }),
    ]);
    expect((await ask(world, 'GET', '/api/members/me', person)).body).toMatchObject({
      address: 'Kisumu',
      language: 'sw',
      optOut: { sms: true, email: true },
    });
  });
});

test('who was shut out reads and changes nothing any more', async () => {
  const person = await joined(world);
  await disablePerson(world.app.db, person.phone, { actor: 'test', now: world.clock.now() });
  expect((await ask(world, 'GET', '/api/members/me', person)).status).toBe(401);
  expect((await ask(world, 'POST', '/api/members/me', person, { address: 'x' })).status).toBe(401);
  expect((await join(world, person, { nationalId: newNationalId() })).status).toBe(401);
});
