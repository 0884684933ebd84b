import { afterAll, beforeAll, expect, test } from 'vitest';
import { lookupHash } from '#ground/db/encryption.ts';
import { spellIds } from '#http/spell-ids.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let admin: Signed;
let other: Signed;
beforeAll(async () => {
  world = await startWorld();
  [admin, other] = [await signInAs(world, 'admin'), await signInAs(world, 'admin')];
});
afterAll(() => world.stop());

const idOf = async ({ phone }: Signed) =>
  (await world.database.sql<{ id: string }>('select id from people where phone_hash = $1', [lookupHash(phone)]))[0]?.id ?? '';
const send = async (path: string, body: unknown, who: Signed = admin) => {
  const response = await world.send('POST', path, { headers: who.headers, body });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

test('an id in capital letters is the same id: nobody changes their own access by it, and the keys of who is shut out are marked', async () => {
  const own = (await idOf(admin)).toUpperCase();
  for (const [verb, body] of [
    ['role', { role: 'treasurer', reason: 'I want to' }],
    ['disable', { reason: 'I want to' }],
  ] as const)
    expect(await send(`/api/people/${own}/${verb}`, body)).toMatchObject({ status: 403, body: { code: 'not_yourself' } });

  const theirs = await idOf(other);
  expect(await send('/api/keys', { name: 'Till', scopes: ['payouts:request'] }, other)).toMatchObject({ status: 201 });
  const shut = await send(`/api/people/${theirs.toUpperCase()}/disable`, { reason: 'They left us' });
  expect(shut).toMatchObject({ status: 200, body: { keys: [expect.anything()] } });
  const marked = await world.database.sql('select maker_left_at is not null as marked from api_keys where created_by = $1', [
    `person:${theirs}`,
  ]);
  expect(marked).toEqual([{ marked: true }]);
  expect(
    await world.database.sql("select count(*)::int as n from audit where subject = $1 and action = 'person_disabled'", [theirs]),
  ).toEqual([{ n: 1 }]);
});

test('ids of ours are spelled in small letters wherever they stand; words and references of the caller stay as they are', () => {
  const id = '01A1FE24-9CF9-70E6-BAAF-5E3DB6FE5035';
  const small = id.toLowerCase();
  expect(
    spellIds({
      ...{
        id,
        paymentId: id,
        subject: id,
        receivable: id,
        externalReference: id,
        reason: id,
        receipt: 'UKL0000001',
        metadata: { orderId: id },
      },
      parts: [{ paymentId: id, amount: 5 }],
    }),
  ).toEqual({
    ...{ id: small, paymentId: small, subject: small, receivable: small, externalReference: id, reason: id, receipt: 'UKL0000001' },
    metadata: { orderId: id },
    parts: [{ paymentId: small, amount: 5 }],
  });
});

test('however deep a body is nested, it is looked at no deeper than our ids stand', () => {
  const deep = JSON.parse(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`) as object;
  expect(() => spellIds(deep)).not.toThrow();
});
