import { afterAll, beforeAll, expect, test } from 'vitest';
import { listByPull, openScene } from '../attacks/money/scene.ts';
import { standing } from '../loans/repaying.ts';
import { fillFloat, type Stage, startStage } from '../proof/stage.ts';
import { newPhones } from '../proof/world-of-money.ts';
import { makeLoan } from '../world/lending.ts';

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
  expect(await words(owed.paymentId)).toMatch(/and it was given back/);
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
