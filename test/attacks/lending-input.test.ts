import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#ground/db/columns.ts';
import { type Lender, openLender, productInput } from '../loans/open-lender.ts';
import { aboutHim } from '../members/join.ts';
import { newPhone } from '../world/checkout.ts';
import { makeLoan, makeMember } from '../world/lending.ts';
import { sessionOf } from '../world/person.ts';

type Json = Record<string, unknown>;
type Headers = Record<string, string>;

/** No amounts, though some look like one. */
const NUMBERLIKE = ['100', '1e2', '٣٠٠', '１００', '-1', -1, 0.001, 100.005, 2 ** 31, 2 ** 53 + 2, 1e21, 1e308];
const HOSTILE: unknown[] = [
  ...NUMBERLIKE,
  ...[null, true, '', ' ', '__proto__', "'; drop table loans; --", 'x'.repeat(10_000), 0, [], [100], ['100'], {}, { $gt: 0 }],
  ...['0000-01-01', '9999-12-31', '2026-02-30', '00000000-0000-0000-0000-000000000000'],
];

/** Fields that take words take nearly any; of all others everything that they take is named below. */
const WORDS = /(reason|note|address|nextOfKin\.(name|relationship)|products\.0\.(name|code)|^name|productCode|standingReference)$/;

const PRODUCT = productInput({
  ...{ code: 'hostile', interestPercent: 1, fee: { amount: 10, percent: 1, charged: 'deducted' }, excess: 'full' },
  penalty: { kind: 'percent', percent: 5, frequency: 'once', graceDays: 3, capPercent: 20, inDuplum: true },
  ...{ allocationOrder: ['penalty', 'fee', 'interest', 'principal'], earlySettlement: 'all_interest' },
});

let lender: Lender;
beforeAll(async () => {
  lender = await openLender({ customers: 0 });
});
afterAll(() => lender.world.stop());

/** Sends what a way in takes with one value exchanged for each hostile one. Returns what was taken; what is not has to be refused in words. */
async function attack(method: string, path: string, good: Json, headers: Headers): Promise<string[]> {
  const taken: string[] = [];
  const send = async (at: string, value: unknown) => {
    const response = await lender.world.send(method, path, { body: put(good, at, value), headers });
    const said = `${at} = ${JSON.stringify(value).slice(0, 40)}`;
    const text = await response.text();
    if (response.status < 400) return WORDS.test(at) || taken.push(said);
    const problem = JSON.parse(text) as Json;
    expect([said, response.status < 500, typeof problem.code, /^\S.+\S$/s.test(String(problem.detail))]).toEqual([
      said,
      true,
      'string',
      true,
    ]);
    expect(text.length, said).toBeLessThan(1_500);
    return undefined;
  };
  for (const at of places(good)) for (const value of HOSTILE) await send(at, value);
  for (const at of ['memberId', 'personId', 'role', 'state', 'disbursedOn', '__proto__x']) await send(at, 'admin');
  return taken;
}

test('a newcomer', async () => {
  const phone = newPhone();
  const headers = await sessionOf(lender.world, phone);
  expect(await attack('POST', '/api/members', { ...aboutHim(phone), name: 'A\nB' }, headers)).toEqual([]);
});

test('a member', async () => {
  const { headers } = await makeMember(lender.world);
  const nextOfKin = { name: 'Kamau', phone: '0722000111', relationship: 'father' };
  const good = { email: 'a@b.example', address: 'Nyeri', nextOfKin, language: 'sw', optOut: { sms: true, email: false } };
  expect(await attack('POST', '/api/members/me', good, headers)).toEqual([
    ...['email = null', 'nextOfKin = null', 'optOut = {}', 'optOut.sms = true', 'optOut.email = true'],
  ]);
  const missing = newId();
  expect(await attack('POST', '/api/loans', { productCode: 'weekly', amount: 100, reason: 'x\ty' }, headers)).toEqual([]);
  expect(await attack('POST', `/api/loans/${missing}/withdraw`, {}, headers)).toEqual([]);
  expect(await attack('POST', `/api/loans/${missing}/settlement`, {}, headers)).toEqual([]);
});

test('a treasurer', async () => {
  const { treasurer } = lender;
  const { id, reference } = await makeLoan(lender.world);
  const missing = newId();
  expect(await attack('POST', `/api/loans/${missing}/decision`, { decision: 'approve', amount: 1, note: 'Yes' }, treasurer)).toEqual([]);
  expect(await attack('POST', `/api/loans/${id}/waivers`, { instalment: 1, period: 1, amount: 1, reason: 'Ill' }, treasurer)).toEqual([]);
  expect(await attack('POST', `/api/waivers/${missing}/decision`, { decision: 'approve' }, treasurer)).toEqual([]);
  expect(await attack('POST', `/api/loans/${missing}/disburse`, {}, treasurer)).toEqual([]);
  expect(await attack('POST', `/api/repayments/${missing}/reverse`, { reason: 'Wrong' }, treasurer)).toEqual([]);
  const match = { parts: [{ standingReference: reference, amount: 5 }] };
  expect(await attack('POST', `/api/deposits/${missing}/match`, match, treasurer)).toEqual([]);
});

test('who changes what is lent: a percentage may be text, and nothing else is taken for a number', async () => {
  const taken = await attack('PUT', '/api/loan-products', { products: [PRODUCT] }, lender.treasurer);
  const at = (field: string, ...values: string[]) => values.map((value) => `products.0.${field} = ${value}`);
  expect(taken).toEqual([
    ...at('interestPercent', '0'),
    ...[at('fee.amount', '0'), at('fee.percent', '0')].flat(),
    ...[at('penalty.percent', '"100"'), at('penalty.graceDays', '0'), at('penalty.capPercent', '"100"', 'null', '0')].flat(),
    ...at('penalty.inDuplum', 'true'),
  ]);
});

test('who only reads', async () => {
  const { world, treasurer } = lender;
  const member = await makeMember(world);
  const ends = ['0000-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2026-01-01T00:00Z'];
  const cursors = ends.map((at) => Buffer.from(`${at}|${newId()}`).toString('base64url'));
  const values = [...HOSTILE.map(String), ...cursors, '0001-01-01', 'M-99999999999', 'M-999999999', '%00', '0x10'];
  const ways: Record<string, string[]> = {
    '/api/members': ['number', 'phoneNumber', 'nationalId', 'limit', 'before'],
    [`/api/members/${newId()}`]: ['inFull'],
    [`/api/accounts/${member.accountId}/statement`]: ['from', 'to', 'limit', 'cursor', 'format'],
    '/api/loans': ['state', 'memberId', 'overdue', 'mine', 'limit', 'cursor'],
    [`/api/loans/${newId()}`]: ['language'],
    '/api/loan-products': ['language'],
    '/api/waivers': ['state', 'limit', 'before'],
    '/api/reports/arrears': ['format', 'asOf'],
    '/api/payments': ['from', 'to', 'cursor'],
  };
  for (const [path, names] of Object.entries(ways))
    for (const name of names)
      for (const value of values) {
        const { status } = await world.send('GET', `${path}?${new URLSearchParams({ [name]: value })}`, { headers: treasurer });
        expect([path, name, value.slice(0, 40), status < 500]).toEqual([path, name, value.slice(0, 40), true]);
      }
});

/** Every field of a value, and of the values in it. */
function places(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Object.entries(value).flatMap(([key, each]) => places(each, path === '' ? key : `${path}.${key}`));
  return path === '' ? inner : [path, ...inner];
}

function put(good: Json, at: string, value: unknown): Json {
  const copy = structuredClone(good);
  const keys = at.split('.');
  const last = keys.pop() ?? '';
  const place = keys.reduce<Json>((object, key) => object[key] as Json, copy);
  place[last] = value;
  return copy;
}

test('who matches nothing that can be matched is told what can', async () => {
  const ask = (body: Json) => lender.send(`/api/deposits/${newId()}/match`, body);
  expect((await ask({})).body.detail).toBe(
    '(body): Send {paymentId}, {standingReference, amount?} or {receivable, amount?}, or several of them in parts. Amounts are whole shillings.',
  );
});
