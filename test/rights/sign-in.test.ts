import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { addPerson, disablePerson } from '#people/people/manage-people.ts';
import { newPhone } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { askForCode, codeSentTo, signIn, signInAs, storedCode, tryCode } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { LIMIT_WRONG_CODES_PER_ADDRESS_HOUR: '5000' } });
});
beforeEach(() => world.smsInbox.clear());
afterAll(() => world.stop());

const other = (code: string) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
const words = async (response: Response) => {
  const { requestId: _, ...problem } = (await response.json()) as Record<string, unknown>;
  return { status: response.status, ...problem };
};
const asked = async (phone = newPhone()) => {
  await askForCode(world, phone);
  return { phone, code: codeSentTo(world, phone) };
};
const minutes = (count: number) => world.clock.advance(count * 60_000);

describe('the code', () => {
  test('signs in whoever has the phone, a stranger as a customer, in any spelling of number and code', async () => {
    const { phone, code } = await asked();
    const response = await tryCode(world, `+${phone}`, `${code.slice(0, 3)} ${code.slice(3)}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ role: 'public', rights: ['own:read', 'membership:join'] });
  });

  test('is six digits of SMS in the language asked for, under the name of the organisation', async () => {
    const phone = newPhone();
    await askForCode(world, phone, { language: 'sw' });
    expect(world.smsInbox.messages()).toMatchObject([
      { to: phone, text: expect.stringMatching(/^\d{6} ni nambari yako .* Duka la Kahawa/) },
    ]);
  });

  test('is stored as a keyed hash only', async () => {
    const { phone, code } = await asked();
    const stored = await storedCode(world, phone);
    expect(stored?.code_hash).toMatch(/^[\w-]{43}$/);
    const dump = JSON.stringify(await world.database.sql('select * from codes_sent'));
    expect(dump).not.toContain(code);
    expect(dump).not.toContain(phone);
    expect(stored?.code_hash).not.toBe(lookupHash(code));
  });

  test('verifies the phone of a person the first time, and never that of one who is disabled', async () => {
    const verifiedAt = async (phone: string) =>
      (await world.database.sql('select phone_verified_at from people where phone_hash = $1', [lookupHash(phone)]))[0]?.phone_verified_at;
    const member = await signInAs(world, 'member');
    const first = world.clock.now();
    await minutes(1);
    await signIn(world, member.phone);
    expect(await verifiedAt(member.phone)).toEqual(first);

    const phone = newPhone();
    await addPerson(world.app.db, { phone, name: 'A member', email: undefined, role: 'member' }, { actor: 'test', now: first });
    const { code } = await asked(phone);
    expect((await tryCode(world, phone, other(code))).status).toBe(401);
    await disablePerson(world.app.db, phone, { actor: 'test', now: world.clock.now() });
    expect((await tryCode(world, phone, code)).status).toBe(401);
    expect(await verifiedAt(phone)).toBeNull();
  });

  test('works once', async () => {
    const { phone, code } = await asked();
    expect((await tryCode(world, phone, code)).status).toBe(200);
    expect((await tryCode(world, phone, code)).status).toBe(401);
  });

  test('works once also when it comes many times at the same moment', async () => {
    const { phone, code } = await asked();
    const statuses = await Promise.all(Array.from({ length: scaled(12) }, async () => (await tryCode(world, phone, code)).status));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });

  test('ends after ten minutes', async () => {
    const { phone, code } = await asked();
    await minutes(9.99);
    expect((await tryCode(world, phone, other(code))).status).toBe(401);
    await minutes(0.02);
    expect((await tryCode(world, phone, code)).status).toBe(401);
  });

  test('is dead after five wrong tries', async () => {
    const { phone, code } = await asked();
    for (let n = 0; n < 5; n++) expect((await tryCode(world, phone, other(code))).status).toBe(401);
    expect((await tryCode(world, phone, code)).status).toBe(401);
    const second = await asked();
    for (let n = 0; n < 4; n++) await tryCode(world, second.phone, other(second.code));
    expect((await tryCode(world, second.phone, second.code)).status).toBe(200);
  });

  test('is tried exactly five times however many guesses come at once', async () => {
    const { phone, code } = await asked();
    const guesses = Array.from({ length: scaled(40) }, async () => (await tryCode(world, phone, other(code))).status);
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([401]));
    expect(await storedCode(world, phone)).toMatchObject({ tries: 5, used_at: null });
    expect((await tryCode(world, phone, code)).status).toBe(401);
  });

  test('of one phone opens no other', async () => {
    const mine = await asked();
    const theirs = await asked();
    expect((await tryCode(world, theirs.phone, mine.code)).status).toBe(theirs.code === mine.code ? 200 : 401);
    expect((await tryCode(world, newPhone(), mine.code)).status).toBe(401);
  });

  test('is replaced by the next one', async () => {
    const { phone, code } = await asked();
    await askForCode(world, phone);
    const next = codeSentTo(world, phone);
    if (next !== code) expect((await tryCode(world, phone, code)).status).toBe(401);
    expect((await tryCode(world, phone, next)).status).toBe(200);
  });

  test('is followed by one with five tries of its own', async () => {
    const { phone, code } = await asked();
    for (let n = 0; n < 5; n++) await tryCode(world, phone, other(code));
    await askForCode(world, phone);
    const next = codeSentTo(world, phone);
    for (let n = 0; n < 4; n++) await tryCode(world, phone, other(next));
    expect((await tryCode(world, phone, next)).status).toBe(200);
  });

  test('that was sent before a person was shut out opens nothing after', async () => {
    const { phone } = await signInAs(world, 'treasurer');
    await askForCode(world, phone);
    await disablePerson(world.app.db, phone, { actor: 'test', now: world.clock.now() });
    const response = await tryCode(world, phone, codeSentTo(world, phone));
    expect([response.status, response.headers.get('set-cookie')]).toEqual([401, null]);
  });

  test('is refused in the same words, whatever is wrong with it', async () => {
    const wrong = await asked();
    const used = await asked();
    await tryCode(world, used.phone, used.code);
    const dead = await asked();
    for (let n = 0; n < 5; n++) await tryCode(world, dead.phone, other(dead.code));
    const said = [
      await tryCode(world, wrong.phone, other(wrong.code)),
      await tryCode(world, used.phone, used.code),
      await tryCode(world, dead.phone, dead.code),
      await tryCode(world, newPhone(), '123456'),
    ];
    const [first, ...rest] = await Promise.all(said.map(words));
    expect(first).toMatchObject({ status: 401, code: 'code_refused' });
    for (const one of rest) expect(one).toEqual(first);
  });

  test.each([
    {},
    { phoneNumber: '0712345678' },
    { phoneNumber: '12', code: '123456' },
    { phoneNumber: '0712345678', code: '12345' },
    { phoneNumber: '0712345678', code: 123456 },
    { phoneNumber: '0712345678', code: "' or 1=1" },
  ])('a request like %j is refused before anything is counted', async (body) => {
    await world.database.resetRoundTrips();
    expect((await world.send('POST', '/api/sign-in', { body })).status).toBe(400);
    expect(await world.database.roundTrips()).toBe(0);
  });
});

test('a person signing in is in the audit trail, a customer is not', async () => {
  const count = async () => Number((await world.database.sql("select count(*) from audit where action = 'signed_in'"))[0]?.count);
  const before = await count();
  await signIn(world);
  expect(await count()).toBe(before);
  await signInAs(world, 'member');
  expect(await count()).toBe(before + 1);
});

test('no code, phone or token is in any log line', async () => {
  const { phone, token } = await signIn(world);
  const lines = world.logLines.join('\n');
  for (const secret of [phone.slice(3), codeSentTo(world, phone), token.slice(0, 60)]) expect(lines).not.toContain(secret);
});
