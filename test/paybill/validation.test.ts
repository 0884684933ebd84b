import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { imprint } from '../attacks/imprint.ts';
import { sqlRequests } from '../world/count-requests.ts';
import { startWorld, type World } from '../world/world.ts';
import { noticeBody, noticePaths, owe, payBill, register, validate } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());

const ACCEPTED = { ResultCode: '0', ResultDesc: 'Accepted' };
const rejected = (ResultCode: string) => ({ ResultCode, ResultDesc: 'Rejected' });

const open = async () => (await owe(world)).reference;

test('the right amount for an open payment is wanted, and asking writes nothing', async () => {
  const reference = await open();
  const before = await imprint(world.database);
  await world.database.resetRoundTrips();
  expect(await validate(world, noticeBody({ BillRefNumber: reference.toLowerCase(), OrgAccountBalance: '' }))).toEqual(ACCEPTED);
  expect(await world.database.roundTrips()).toBe(1);
  expect(await imprint(world.database)).toEqual(before);
});

test('another amount than is owed is refused as an amount', async () => {
  const reference = await open();
  for (const TransAmount of ['1249', '1251.00', '1'])
    expect(await validate(world, noticeBody({ BillRefNumber: reference, TransAmount }))).toEqual(rejected('C2B00013'));
});

test('what is paid already is refused as an account, and the customer keeps their money', async () => {
  const reference = await open();
  expect(await payBill(world, { account: reference })).toMatchObject({ outcome: 'paid' });
  const { receivedCents } = world.simulator.control.truth();
  expect(await payBill(world, { account: reference })).toEqual({ outcome: 'rejected', code: 'C2B00012' });
  expect(await payBill(world, { account: await open(), amountShillings: 1000 })).toEqual({ outcome: 'rejected', code: 'C2B00013' });
  expect(world.simulator.control.truth().receivedCents).toBe(receivedCents);
});

test("another merchant's short code is refused, whatever else it says", async () => {
  expect(await validate(world, noticeBody({ BusinessShortCode: '600999', BillRefNumber: await open() }))).toEqual(rejected('C2B00015'));
});

test.each([
  ['a reference that names nothing', noticeBody({ BillRefNumber: 'SHAMBA' })],
  ['a well-formed reference of no payment', noticeBody({ BillRefNumber: 'PY-00000000' })],
  ['no reference', noticeBody({ BillRefNumber: null })],
  ['a sandbox notice without a type', noticeBody({ TransactionType: '' })],
  ['an unreadable body', '{'],
  ['an amount that is none', noticeBody({ TransAmount: 'much' })],
])('%s is taken: a person sorts it out', async (_, body) => {
  expect(await validate(world, body)).toEqual(ACCEPTED);
});

test('a slow database does not lose a payment: it is taken within some three seconds', async () => {
  const reference = await open();
  const lock = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${world.database.name}`);
  await lock.connect();
  await lock.query('begin; lock table payments in access exclusive mode');
  const since = Date.now();
  expect(await validate(world, noticeBody({ BillRefNumber: reference, TransAmount: '1' }))).toEqual(ACCEPTED);
  expect(Date.now() - since).toBeLessThan(5_000);
  await lock.query('rollback');
  await lock.end();
  expect(await validate(world, noticeBody({ BillRefNumber: reference, TransAmount: '1' }))).toEqual(rejected('C2B00013'));
});

test('a forged address is an unknown path and costs no round trip', async () => {
  const { validation, confirmation } = noticePaths(world);
  const before = await imprint(world.database);
  await world.database.resetRoundTrips();
  for (const path of [validation, confirmation])
    for (const forged of [path.replace(/(c2b\/.{30})./, '$1_'), path.replace(/c2b\/[^/]+/, 'c2b/short'), path.replace('/c2b/', '/stk/')]) {
      const response = await world.send('POST', forged, { body: noticeBody() });
      expect([response.status, await response.text()]).toEqual([404, 'Not Found']);
    }
  expect(await world.database.roundTrips()).toBe(0);
  expect(await imprint(world.database)).toEqual(before);
});

test('a confirmation costs one round trip: the first, a duplicate and one that cannot be read', async () => {
  const { confirmation } = noticePaths(world);
  const body = noticeBody({ BillRefNumber: await open() });
  for (const told of [body, body, '{']) {
    await world.settled();
    const before = sqlRequests();
    await world.send('POST', confirmation, { body: told, patient: false });
    expect(sqlRequests() - before).toBe(1);
    await world.settled();
  }
});
