import pg from 'pg';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { noticeBody, stkCallbackBody } from '../../proof/bodies.ts';
import { fillFloat, post, type Stage, startStage, US } from '../../proof/stage.ts';
import { operator } from '../../world/operator.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

test('8 paid by hand (told), paid by prompt (proved, swapped in), the first one proved and returned: nobody owes anything', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1201);
  const [hand, own] = [s.receipt(), s.receipt()];
  await s.told(hand, 1201, owed.reference, owed.phone, 'full');
  await s.minutes(6); // released and sold
  await s.calledBack(owed, own, 1201);
  s.proves(hand, 1201, owed.phone);
  await s.minutes(20);
  expect(await s.grown()).toEqual({ paybill_float: 2402, donations: 1201, customer_credit: 1201 });
  expect(await s.giveBack(hand, owed.phone)).toBe(200);
  await s.minutes(5);
  expect(await s.grown()).toEqual({ paybill_float: 1201, donations: 1201 });
});

test('9 told for one order, being allocated while the callback of another claims it', async () => {
  const s = await openScene(stage);
  const [a, b] = [await s.owe(1202), await s.owe(1202)];
  await post(
    stage,
    'callback',
    a.callbackPath,
    stkCallbackBody({
      checkoutRequestId: a.checkoutRequestId,
      resultCode: 1032,
      receipt: '',
      shillings: 1202,
      at: stage.world.clock.now(),
    }),
  );
  const r = s.receipt();
  const body = noticeBody({
    receipt: r,
    shillings: 1202,
    reference: a.reference,
    at: stage.world.clock.now(),
    msisdn: '',
    shortcode: stage.shortcode,
  });
  await post(stage, 'c2b-confirmation', stage.confirmationPath, body, true);
  const { sql } = stage.world.database;
  const [d] = await sql<{ id: string; allocated_at: Date | null }>('select id, allocated_at from deposits where receipt = $1', [r]);
  expect(d?.allocated_at).toBe(null);
  const open = async () => {
    const client = new pg.Client(`postgres://postgres@127.0.0.1:${inject('postgresPort')}/${stage.world.database.name}`);
    await client.connect();
    return client;
  };
  const [lock, allocating] = [await open(), await open()];
  await lock.query('begin');
  await lock.query('select from payments where id = $1 for update', [a.paymentId]);
  const callback = s.calledBack(b, r, 1202);
  await new Promise((resolve) => setTimeout(resolve, 700));
  const allocated = allocating.query('select allocate_3($1, null, $2)', [d?.id, stage.world.clock.now().toISOString()]);
  await new Promise((resolve) => setTimeout(resolve, 700));
  await lock.query('commit');
  const status = await callback;
  await allocated;
  await Promise.all([lock.end(), allocating.end()]);
  await s.minutes(5);
  expect({ status, grown: await s.grown(), payment: await s.payment(b) }).toEqual({
    status: 200,
    grown: { paybill_float: 1202, donations: 1202 },
    payment: expect.objectContaining({ status: 'paid' }),
  });
});

test('10 told under an unknown word, query paid, proved by status, returned, and then the callback names it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1203);
  const [r, others] = [s.receipt(), s.receipt()];
  s.proves(r, 1203, owed.phone);
  s.proves(others, 3333);
  await s.told(others, 3333, 'CHURCH'); // somebody else's money waits in suspense
  await s.told(r, 1203, 'SCHOOL', owed.phone, 'full');
  s.queried(owed);
  await s.minutes(20);
  const given = await s.giveBack(r, owed.phone);
  await s.minutes(5);
  const status = await s.calledBack(owed, r, 1203);
  await s.minutes(5);
  // came: 3333 and 1203; went: 1203
  expect({ given, status, grown: await s.grown() }).toMatchObject({
    status: 200,
    grown: { suspense: 3333, paybill_float: given === 200 ? 3333 : 4536 },
  });
});

test('11 the same with a pull whose line bears our own reference', async () => {
  const s = await openScene(stage);
  stage.world.app.config.paybill.pull = true;
  const owed = await s.owe(1204);
  const r = s.receipt();
  const at = stage.world.clock.now();
  await s.told(r, 1204, 'SCHOOL', owed.phone);
  s.queried(owed);
  stage.safaricom.pullRows = () => [
    {
      at,
      line: {
        transactionId: r,
        trxDate: `${at.toISOString().slice(0, 19)}Z`,
        sender: 'MPESA',
        msisdn: owed.phone,
        transactiontype: 'c2b-pay-bill-debit',
        billreference: owed.reference,
        amount: '1204.0',
        organizationname: US,
      },
    },
  ];
  await s.minutes(35);
  stage.world.app.config.paybill.pull = false;
  expect({ grown: await s.grown(), rows: await s.deposits(1204) }).toMatchObject({ grown: { paybill_float: 1204 } });
});

test('12 a lie that a person matched to an order gives way to the money that the prompt brought', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1205);
  const [lie, own] = [s.receipt(), s.receipt()];
  stage.statusAnswers.set(lie, 'not found');
  await s.told(lie, 1205, 'SCHOOL');
  await s.minutes(5);
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [lie]);
  const matched = await stage.world.send('POST', `/api/deposits/${row?.id}/match`, {
    body: { paymentId: owed.paymentId },
    headers: await operator(stage.world, 'deposits:match'),
  });
  await s.calledBack(owed, own, 1205);
  await s.minutes(5);
  await s.refute(lie);
  const taken = await s.takeBack(lie);
  await s.minutes(2);
  expect({ matched: matched.status, taken, grown: await s.grown(), payment: await s.payment(owed) }).toMatchObject({
    matched: 200,
    grown: { paybill_float: 1205, donations: 1205 },
    payment: { status: 'paid' },
  });
});
