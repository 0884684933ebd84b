import { afterAll, beforeAll, expect, test } from 'vitest';
import { refuteAbsent } from '#mpesa/paybill/refute-absent.ts';
import { noticeBody } from '../../proof/bodies.ts';
import { fillFloat, post, type Stage, startStage } from '../../proof/stage.ts';
import { show } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { listByPull, openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 50_000);
});
afterAll(() => stage.stop());

const LIAR = '254700000333';

test('more than was owed comes for an order that a lie had bought: the order stays bought with it, and the rest is owed back', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_201);
  await s.minutes(6);
  const [lie, truth] = [s.receipt(), s.receipt()];
  await s.told(lie, 2_201, owed.reference, LIAR);
  await s.minutes(1);
  await listByPull(stage, { receipt: truth, shillings: 2_501, typed: owed.reference, phone: owed.phone });
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 2_501, paybill_told: 2_201, donations: 2_201, customer_credit: 2_501 });
  const tasks = await stage.world.database.sql(
    "select r.kind from reviews r join deposits d on d.id::text = r.subject where d.receipt = $1 and r.closed_at is null and r.kind = 'surplus_payment'",
    [truth],
  );
  expect(tasks).toHaveLength(1);
});

test('what a notice told for one order, and the callback of another names before it was allocated, pays the other alone', async () => {
  const s = await openScene(stage);
  const liars = await s.owe(2_202);
  await s.minutes(6);
  const owed = await s.owe(2_202);
  s.queried(owed);
  await s.minutes(1);
  const receipt = s.receipt();
  const at = stage.world.clock.now();
  const { shortcode } = stage;
  const body = noticeBody({ receipt, shillings: 2_202, reference: liars.reference, at, msisdn: show(LIAR, 'masked'), shortcode });
  await post(stage, 'c2b-confirmation', stage.confirmationPath, body, true);
  expect(await s.payment(liars)).toMatchObject({ status: 'paid' });
  await s.calledBack(owed, receipt, 2_202);
  await s.minutes(2);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await s.payment(liars)).toMatchObject({ status: 'expired', counted_deposit_id: null });
  expect(await s.grown()).toEqual({ paybill_float: 2_202, donations: 2_202 });
});

test('what counts is a lie that was not booked yet, and the real money stands as surplus: its callback proves it, and it counts', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_203);
  await s.minutes(6);
  const [lie, truth] = [s.receipt(), s.receipt()];
  const { shortcode } = stage;
  const lied = noticeBody({
    receipt: lie,
    shillings: 2_203,
    reference: owed.reference,
    at: stage.world.clock.now(),
    msisdn: show(LIAR, 'masked'),
    shortcode,
  });
  await post(stage, 'c2b-confirmation', stage.confirmationPath, lied, true);
  await s.told(truth, 2_203, owed.reference, owed.phone);
  await s.calledBack(owed, truth, 2_203);
  const [counted] = await stage.world.database.sql<{ receipt: string }>(
    'select d.receipt from payments p join deposits d on d.id = p.counted_deposit_id where p.id = $1',
    [owed.paymentId],
  );
  expect(counted?.receipt).toBe(truth);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 2_203, paybill_told: 2_203, donations: 2_203, customer_credit: 2_203 });
  const surplus =
    "select d.receipt from reviews r join deposits d on d.id::text = r.subject where d.amount_cents = 220300 and r.kind = 'surplus_payment' and r.closed_at is null";
  expect(await stage.world.database.sql(surplus)).toEqual([{ receipt: lie }]);
});

test('a receipt that two prompts cast doubt on is doubted until the second, too, has one of its own', async () => {
  const s = await openScene(stage);
  const [first, second] = [await s.owe(2_204), await s.owe(2_204)];
  s.queried(first, second);
  await s.minutes(2);
  const receipt = s.receipt();
  await s.told(receipt, 2_204, 'HELLO', LIAR);
  // the answer names no time and nobody's number
  stage.statusAnswers.set(receipt, { debit: 'JANE DOE', credit: `${stage.shortcode} - DUKA`, shillings: 2_204, at: undefined });
  await s.minutes(5);
  expect(await s.grown()).toMatchObject({ paybill_float: 4_408, paybill_told: 2_204 });
  for (const [owed, proved, told] of [
    [first, 4_408, 2_204],
    [second, 6_612, undefined],
  ] as const) {
    await s.calledBack(owed, s.receipt(), 2_204);
    await s.minutes(1);
    const grown = await s.grown();
    expect([grown.paybill_float, grown.paybill_told]).toEqual([proved, told]);
  }
});

test('a prompt whose money is asked to be refunded keeps the receipt that it has by its time', async () => {
  const s = await openScene(stage);
  const [amina, baraka] = ['254711000111', '254711000222'];
  const paid = [await s.owe(2_205, amina), await s.owe(2_205, baraka)];
  s.queried(...paid);
  await s.minutes(3);
  const at = new Date(stage.world.clock.now().getTime() - 170_000);
  const [hidden, masked] = [s.receipt(), s.receipt()];
  await listByPull(stage, { receipt: hidden, shillings: 2_205, at });
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [hidden]);
  const body = { depositId: row?.id, phoneNumber: amina, identifiedBy: 'They showed their SMS', method: 'b2c', reason: 'Test' };
  expect((await stage.world.send('POST', '/api/refunds', { body, headers: await signedIn(stage.world, 'treasurer') })).status).toBe(201);
  await listByPull(stage, { receipt: masked, shillings: 2_205, at, phone: amina });
  expect(await stage.world.database.sql('select receipt from deposits where id = $1', [row?.id])).toEqual([{ receipt: hidden }]);
});

test('money that is asked to be refunded stays proved when a prompt of its amount turns out paid: a person is told of the prompt', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_206);
  const receipt = s.receipt();
  await s.told(receipt, 2_206, 'HELLO', owed.phone, 'full');
  s.proves(receipt, 2_206, owed.phone);
  await s.minutes(4);
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const body = { depositId: row?.id, phoneNumber: owed.phone, method: 'b2c', reason: 'Test' };
  expect((await stage.world.send('POST', '/api/refunds', { body, headers: await signedIn(stage.world, 'treasurer') })).status).toBe(201);
  s.queried(owed);
  await s.minutes(6);
  expect(await s.deposits(2_206)).toMatchObject([
    { receipt, prompted: false, proved: true },
    { receipt: null, prompted: true, proved: true },
  ]);
  expect(await s.grown()).toMatchObject({ paybill_float: 4_412 });
  const tasks = await stage.world.database.sql(
    "select r.kind from reviews r join deposits d on d.id::text = r.subject where d.attempt_id = $1 and r.kind = 'receipt_doubted' and r.closed_at is null",
    [owed.attemptId],
  );
  expect(tasks).toHaveLength(1);
});

test('a receipt that was refuted is no name of a prompt that turns out paid: it stays locked', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_207);
  await s.minutes(6);
  const lie = s.receipt();
  await s.told(lie, 2_207, owed.reference, LIAR);
  await s.minutes(1);
  await s.refute(lie);
  s.queried(owed);
  await s.minutes(15);
  expect(await s.deposits(2_207)).toMatchObject([
    { receipt: lie, prompted: false, proved: false, refuted: true },
    { receipt: null, prompted: true, proved: true },
  ]);
  expect(await s.takeBack(lie)).toBe(200);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await s.grown()).toEqual({ paybill_float: 2_207, donations: 2_207 });
});

test('what was bought with a lie does not stay bought by money that was reversed in the portal', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_208);
  await s.minutes(6);
  const [lie, truth] = [s.receipt(), s.receipt()];
  await s.told(lie, 2_208, owed.reference, LIAR);
  await s.minutes(1);
  await s.told(truth, 2_208, owed.reference, owed.phone);
  await s.minutes(1);
  const at = stage.world.clock.now().toISOString();
  // a signed statement shows it as given back, as settle_reversed_2 writes it, before anything has proved it
  await stage.world.database.sql(
    'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where receipt = $1',
    [truth, at, s.receipt()],
  );
  await s.refute(lie);
  expect(await s.takeBack(lie)).toBe(200);
  expect(await s.payment(owed)).toMatchObject({ status: 'reversed' });
  expect((await s.grown()).donations).toBeUndefined();
});

test('a receipt that is proved and doubted is not refuted by a list that lacks it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_209);
  s.queried(owed);
  await s.minutes(2);
  const receipt = s.receipt();
  await s.told(receipt, 2_209, 'HELLO', LIAR);
  stage.statusAnswers.set(receipt, { debit: 'JANE DOE', credit: `${stage.shortcode} - DUKA`, shillings: 2_209, at: undefined });
  await s.minutes(5);
  const doubted = async () =>
    stage.world.database.sql(
      'select receipt_proved_at is not null as proved, confirmed_at is null as doubted, refuted_at is not null as refuted from deposits where receipt = $1',
      [receipt],
    );
  expect(await doubted()).toEqual([{ proved: true, doubted: true, refuted: false }]);
  const to = stage.world.clock.now();
  const from = new Date(to.getTime() - 3_600_000);
  const pulled = 'insert into pulls (shortcode, asked_at, refutes_shortcode, refutes_from, refutes_until) values ($1, $3, $1, $2, $3)';
  await stage.world.database.sql(pulled, [stage.shortcode, from.toISOString(), to.toISOString()]);
  await refuteAbsent(stage.world.app, new Date(to.getTime() + 14_000));
  expect(await doubted()).toEqual([{ proved: true, doubted: true, refuted: false }]);
});

test('a prompt that gets the receipt of money which was reversed in the portal has none in the float any more', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_210);
  s.queried(owed);
  await s.minutes(1);
  const receipt = s.receipt();
  await s.told(receipt, 2_210, '', LIAR, 'full'); // another number than was prompted, so that it is no echo
  await s.minutes(6);
  const at = stage.world.clock.now();
  // a signed statement shows it as given back, as settle_reversed_2 writes it
  await stage.world.database.sql(
    'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where receipt = $1',
    [receipt, at.toISOString(), s.receipt()],
  );
  const line = { receipt, shillings: 2_210, at: new Date(at.getTime() - 6 * 60_000), phone: owed.phone };
  expect(await listByPull(stage, line)).toEqual([[receipt, 'fills']]);
  await s.minutes(2);
  const { paybill_float, paybill_told, receivables } = await s.grown();
  expect([paybill_float, paybill_told, receivables]).toEqual([undefined, undefined, 2_210]);
});
