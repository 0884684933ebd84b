import { afterAll, beforeAll, expect, test } from 'vitest';
import { listByPull, openScene } from '../attacks/money/scene.ts';
import { standing } from '../loans/repaying.ts';
import { fillFloat, type Stage, startStage } from '../proof/stage.ts';
import { newPhones } from '../proof/world-of-money.ts';
import { makeLoan } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const words = async (paymentId: string) =>
  ((await (await stage.world.send('GET', `/api/payments/${paymentId}`)).json()) as { customerMessage: string }).customerMessage;
const NOT_THERE = /M-PESA does not have this payment/;

test('an order whose payment was refuted, taken back and proved after all: its customer is not told that M-PESA does not have it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1791, newPhones().other);
  await s.minutes(6);
  const [receipt, at] = [s.receipt(), stage.world.clock.now()];
  await s.told(receipt, 1791, owed.reference, owed.phone);
  await s.minutes(2);
  await s.refute(receipt);
  expect(await s.takeBack(receipt)).toBe(200);
  expect(await words(owed.paymentId)).toMatch(NOT_THERE);
  await listByPull(stage, { receipt, shillings: 1791, typed: owed.reference, at, phone: owed.phone });
  await s.minutes(5);
  expect(await s.grown()).toMatchObject({ paybill_float: 1791 });
  expect(await words(owed.paymentId)).toMatch(/we have it. Do not pay again/);
  const body = { paymentId: owed.paymentId, phoneNumber: owed.phone };
  const again = await stage.world.send('POST', '/api/payments/stk-push', { body, ip: '10.9.9.8' });
  expect(await again.json()).toMatchObject({ code: 'payment_returned', customerMessage: await words(owed.paymentId) });
  expect(await s.giveBack(receipt, owed.phone)).toBe(200);
  await s.minutes(2);
  expect(await words(owed.paymentId)).toMatch(/and it was refunded/);
});

test('the same of a repayment by prompt, which the loan has', async () => {
  const s = await openScene(stage);
  const loan = await makeLoan(stage.world);
  const asked = await stage.world.send('POST', '/api/payments/stk-push', {
    body: { type: 'loan_repayment', subject: loan.reference, amount: 492, phoneNumber: newPhones().other },
    ip: '10.9.9.9',
  });
  const { paymentId, reference } = (await asked.json()) as { paymentId: string; reference: string };
  await s.minutes(6);
  const [receipt, at] = [s.receipt(), stage.world.clock.now()];
  await s.told(receipt, 492, reference);
  await s.minutes(2);
  await s.refute(receipt);
  expect(await s.takeBack(receipt)).toBe(200);
  await listByPull(stage, { receipt, shillings: 492, typed: reference, at });
  await s.minutes(5);
  expect(await standing(stage.world, loan)).toMatchObject({ principal: 4508 });
  expect(await words(paymentId)).not.toMatch(NOT_THERE);
});

test('an order that a lie had paid, and whose customer pays truly after the lie was taken back', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1793, newPhones().other);
  await s.minutes(6);
  const lie = s.receipt();
  await s.told(lie, 1793, owed.reference, owed.phone);
  await s.minutes(2);
  await s.refute(lie);
  expect(await s.takeBack(lie)).toBe(200);
  const [receipt, at] = [s.receipt(), stage.world.clock.now()];
  await s.told(receipt, 1793, owed.reference, owed.phone);
  await listByPull(stage, { receipt, shillings: 1793, typed: owed.reference, at, phone: owed.phone });
  await s.minutes(5);
  expect(await s.grown()).toMatchObject({ paybill_float: 1793 });
  expect(await words(owed.paymentId)).not.toMatch(NOT_THERE);
});

test('money that was proved after its payment was taken back, of which a part was refunded: it is not said that all of it was', async () => {
  const s = await openScene(stage);
  const { world } = stage;
  const owed = await s.owe(1_791, newPhones().other);
  await s.minutes(6);
  const [receipt, at] = [s.receipt(), world.clock.now()];
  await s.told(receipt, 1_791, owed.reference, owed.phone);
  await s.minutes(2);
  await s.refute(receipt);
  expect(await s.takeBack(receipt)).toBe(200);
  await listByPull(stage, { receipt, shillings: 1_791, typed: owed.reference, at, phone: owed.phone });
  await s.minutes(5);
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const headers = await signedIn(world, 'treasurer');
  const body = { depositId: row?.id, phoneNumber: owed.phone, method: 'b2c', amount: 100, reason: 'Part' };
  const { payoutId } = (await (await world.send('POST', '/api/refunds', { body, headers })).json()) as { payoutId: string };
  const decide = { body: {}, headers: await signedIn(world, 'treasurer') };
  expect((await world.send('POST', `/api/payouts/${payoutId}/decision`, decide)).status).toBe(200);
  await s.minutes(3);
  expect(await s.grown()).toMatchObject({ customer_credit: 1_691 });
  const said = (await (await world.send('GET', `/api/payments/${owed.paymentId}`)).json()) as { customerMessage: string };
  expect(said.customerMessage).not.toMatch(/and it was refunded/);
});

test('the same of money that somebody gave back in the portal: it is not said that we have it', async () => {
  const s = await openScene(stage);
  const { world } = stage;
  const owed = await s.owe(1_797, newPhones().other);
  await s.minutes(6);
  const [receipt, at] = [s.receipt(), world.clock.now()];
  await s.told(receipt, 1_797, owed.reference, owed.phone);
  await s.minutes(2);
  await s.refute(receipt);
  expect(await s.takeBack(receipt)).toBe(200);
  await listByPull(stage, { receipt, shillings: 1_797, typed: owed.reference, at, phone: owed.phone });
  await s.minutes(5);
  const now = world.clock.now().toISOString();
  const { sql } = world.database;
  await sql(
    'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where receipt = $1',
    [...[receipt, now, s.receipt()]],
  );
  await sql('select book_reversed_2(id, $2) from deposits where receipt = $1', [receipt, now]);
  const words = async () =>
    ((await (await world.send('GET', `/api/payments/${owed.paymentId}`)).json()) as { customerMessage: string }).customerMessage;
  expect.soft(await words()).not.toMatch(/we have it/);
  expect(await s.takeBack(receipt)).toBe(200);
  expect(await words()).not.toMatch(/does not have this payment/);
});
