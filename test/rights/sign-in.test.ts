import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { lookupHash } from '../../src/db/encryption.ts';
import { addPerson } from '../../src/people/add-person.ts';
import { disablePerson } from '../../src/people/disable-person.ts';
import { newPhone } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { askForCode, codeSentTo, signIn, signInAs, storedCode, tryCode } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
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
const me = (headers: Record<string, string>) => world.send('GET', '/api/me', { headers });
const minutes = (count: number) => world.clock.advance(count * 60_000);

describe('the code', () => {
  test('signs in whoever has the phone, a stranger as a customer, in any spelling of number and code', async () => {
    const { phone, code } = await asked();
    const response = await tryCode(world, `+${phone}`, `${code.slice(0, 3)} ${code.slice(3)}`);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ role: 'public', rights: ['own:read'] });
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
    const dump = JSON.stringify(await world.database.sql('select * from sign_in_codes'));
    expect(dump).not.toContain(code);
    expect(dump).not.toContain(phone);
    expect(stored?.code_hash).not.toBe(lookupHash(code));
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

describe('asking for a code', () => {
  test('gives the same answer with the same work, whether the number is known, disabled or nobody', async () => {
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

  test('answers before the provider has', async () => {
    world.smsInbox.failNext(1, 500);
    const response = await world.send('POST', '/api/sign-in/code', { body: { phoneNumber: newPhone() }, ip: '198.51.100.1' });
    expect(response.status).toBe(202);
    expect(world.logLines.join('\n')).toContain('after_answer_failed');
  });

  test('sends exactly three SMS in ten minutes to a phone, however many ask at once and from wherever', async () => {
    const phone = newPhone();
    const spellings = [phone, `+${phone}`, `0${phone.slice(3)}`];
    const statuses = await Promise.all(
      Array.from({ length: scaled(40) }, async (_, n) => (await askForCode(world, spellings[n % 3] ?? phone)).status),
    );
    expect(statuses.filter((status) => status === 202)).toHaveLength(3);
    expect(statuses.filter((status) => status === 429)).toHaveLength(statuses.length - 3);
    expect(world.smsInbox.messages().filter(({ to }) => to === phone)).toHaveLength(3);
  });

  test('slides: a fourth is free ten minutes after the first; ten a day', async () => {
    const phone = newPhone();
    const statuses = [];
    for (let n = 0; n < 12; n++) {
      statuses.push((await askForCode(world, phone)).status);
      await minutes(4);
    }
    expect(statuses).toEqual([202, 202, 202, 202, 202, 202, 202, 202, 202, 202, 429, 429]);
    await minutes(24 * 60 - 44);
    expect((await askForCode(world, phone)).status).toBe(202);
  });

  test('is limited per client address as the platform saw it, whatever the headers say', async () => {
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

  test('that is refused consumes nothing, and leaves the code before alive', async () => {
    const phone = newPhone();
    for (let n = 0; n < 3; n++) await askForCode(world, phone);
    const code = codeSentTo(world, phone);
    const counts = () =>
      world.database.sql('select (select sum(cardinality(times)) from recent_times) t, (select sum(count) from counters) c');
    const before = await counts();
    expect((await askForCode(world, phone)).status).toBe(429);
    expect(await counts()).toEqual(before);
    expect((await tryCode(world, phone, code)).status).toBe(200);
  });
});

describe('the session', () => {
  test('knows what its holder is now: a new role and a shut door count at once', async () => {
    const { phone, headers } = await signIn(world);
    const roleNow = async () => ((await (await me(headers)).json()) as { role?: string }).role;
    expect(await roleNow()).toBe('public');
    const at = { actor: 'test', now: world.clock.now() };
    await addPerson(world.app.db, { phone, name: 'Otieno', email: undefined, role: 'treasurer' }, at);
    expect(await roleNow()).toBe('treasurer');
    await disablePerson(world.app.db, phone, at);
    expect((await me(headers)).status).toBe(401);
    await addPerson(world.app.db, { phone, name: 'Otieno', email: undefined, role: 'member' }, at);
    expect(await roleNow()).toBe('member');
  });

  test('costs one round trip to recognise, and nothing when it was altered', async () => {
    const { headers, token } = await signIn(world);
    await world.database.resetRoundTrips();
    await world.send('POST', '/api/sign-out', { body: {}, headers: { authorization: `Bearer ${token.slice(0, -4)}AAAA` } });
    expect(await world.database.roundTrips()).toBe(0);
    await world.send('GET', '/api/payments', { headers });
    expect(await world.database.roundTrips()).toBe(2);
  });

  test('ends after twelve hours', async () => {
    const { headers } = await signIn(world);
    await minutes(12 * 60 - 1);
    expect((await me(headers)).status).toBe(200);
    await minutes(2);
    expect((await me(headers)).status).toBe(401);
  });

  test('ends everywhere when its holder signs out, and no other session with it', async () => {
    const phone = newPhone();
    const first = await signIn(world, phone);
    const second = await signIn(world, phone);
    const response = await world.send('POST', '/api/sign-out', { body: {}, headers: first.headers });
    expect(response.headers.get('set-cookie')).toMatch(/^malipo=; Path=\/; Max-Age=0/);
    expect((await me(first.headers)).status).toBe(401);
    expect((await me({ cookie: first.cookie })).status).toBe(401);
    expect((await me(second.headers)).status).toBe(200);
  });

  test('holds no phone number, and a person has his name', async () => {
    const { phone, token, headers } = await signInAs(world, 'treasurer');
    const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    expect(claims).not.toContain(phone.slice(4));
    expect(await (await me(headers)).json()).toMatchObject({
      role: 'treasurer',
      name: 'A treasurer',
      rights: expect.arrayContaining(['payouts:approve']),
    });
  });

  test('in a cookie reads anything, and writes only from our own pages', async () => {
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

  test('in a cookie that is no good makes a visitor, so that nobody is locked out of the checkout', async () => {
    const headers = { cookie: 'malipo=nonsense' };
    expect((await world.send('GET', '/api/items', { headers })).status).toBe(200);
    expect((await me(headers)).status).toBe(401);
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
