import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { openScene, sendNotice, type Told } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const open = async () => {
  const client = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${stage.world.database.name}`);
  await client.connect();
  return client;
};
/** A notice without a reference whose payer is shown by hash alone, or as told. */
const notice = (...told: Told) => sendNotice(stage, ...told);
const kept = async (shillings: number) =>
  (await openScene(stage)).deposits(shillings).then((rows) =>
    rows
      .filter(({ merged }) => !merged)
      .map(({ receipt }) => receipt)
      .sort(),
  );

test('a callback that looked before the query had said paid, and a notice of somebody else’s payment: both receipts are booked', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1701);
  const [own, others] = [s.receipt(), s.receipt()];
  const [receiptLock, rowLock] = [await open(), await open()];
  await receiptLock.query('begin');
  await receiptLock.query("select pg_advisory_xact_lock(hashtextextended('receipt:' || $1::text, 0))", [own]);
  const callback = s.calledBack(owed, own, 1701); // reads "pending", takes no group lock, waits
  await wait(500);
  s.queried(owed);
  await s.minutes(1);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  await rowLock.query('begin');
  await rowLock.query('select from deposits where attempt_id = $1 for update', [owed.attemptId]);
  const told = notice(others, 1701, newPhones().other); // finds the nameless success, waits to name it
  await wait(600);
  await receiptLock.query('commit'); // the callback finds it nameless as well
  await wait(600);
  await rowLock.query('commit');
  expect([await callback, await told]).toEqual([200, 200]);
  await Promise.all([receiptLock.end(), rowLock.end()]);
  await s.minutes(8);
  expect(await kept(1701)).toEqual([own, others].sort());
}, 60_000);

test('a query of one prompt claims a receipt while the callback of another one, which names it, waits: both payments are paid', async () => {
  const s = await openScene(stage);
  const [a, b] = [await s.owe(1702, newPhones().customers[0]), await s.owe(1702, newPhones().customers[0])];
  const own = s.receipt();
  await notice(own, 1702, a.phone);
  const rowLock = await open();
  await rowLock.query('begin');
  await rowLock.query('select from deposits where receipt = $1 for update', [own]);
  s.queried(b);
  const minute = s.minutes(1); // the query of b finds the receipt by its time, and waits for it
  await wait(1500);
  const callback = s.calledBack(a, own, 1702);
  await wait(800);
  await rowLock.query('commit');
  expect(await callback).toBe(200);
  await minute;
  await rowLock.end();
  await s.minutes(10);
  expect({ a: await s.payment(a), b: await s.payment(b), grown: await s.grown() }).toMatchObject({
    a: { status: 'paid' },
    b: { status: 'paid' },
    grown: { paybill_float: 3404, donations: 3404 },
  });
}, 60_000);

test('a success whose payer cannot be read, and a query that looked before it: its receipt is kept, and asked about', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1703);
  const own = s.receipt();
  s.proves(own, 1703, owed.phone);
  const lock = await open();
  await lock.query('begin');
  await lock.query('select from payments where id = $1 for update', [owed.paymentId]);
  const callback = s.calledBack(owed, own, 1703, null);
  await wait(600);
  s.queried(owed);
  const minute = s.minutes(1);
  await wait(1500);
  await lock.query('commit');
  expect(await callback).toBe(200);
  await minute;
  await lock.end();
  await s.minutes(30);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await kept(1703)).toEqual([own]);
}, 60_000);

test('control: the same one after the other', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1704);
  const own = s.receipt();
  s.proves(own, 1704, owed.phone);
  await s.calledBack(owed, own, 1704, null);
  s.queried(owed);
  await s.minutes(30);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await kept(1704)).toEqual([own]);
}, 60_000);

test('a refund that is asked for before the query says paid, and approved after it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1705);
  const own = s.receipt();
  const at = stage.world.clock.now();
  s.proves(own, 1705, owed.phone, at);
  await s.told(own, 1705, 'SCHOOL', owed.phone, 'full');
  await s.minutes(6);
  const { signedIn } = await import('../../world/person.ts');
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [own]);
  const asked = await stage.world.send('POST', '/api/refunds', {
    body: { depositId: row?.id, phoneNumber: owed.phone, method: 'b2c', reason: 'Mistyped' },
    headers: await signedIn(stage.world, 'treasurer'),
  });
  expect(asked.status).toBe(201);
  const { payoutId } = (await asked.json()) as { payoutId: string };
  s.queried(owed);
  await stage.world.clock.advance(6 * 3_600_000);
  await s.minutes(3);
  const decided = await stage.world.send('POST', `/api/payouts/${payoutId}/decision`, {
    body: {},
    headers: await signedIn(stage.world, 'treasurer'),
  });
  await s.minutes(5);
  await stage.world.database.sql("select kind from reviews where closed_at is null and kind like 'receipt%'");
  // came: 1705 once. Either it stays, or the order is not sold
  expect(decided.status).not.toBe(200);
}, 60_000);
