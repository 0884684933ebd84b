import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const now = () => stage.world.clock.now().toISOString();
/** What settle_reversed_2 does for a signed line that shows a receipt as given back whole, where the file has not its payment. */
async function givenBackInPortal(receipt: string, reversal: string) {
  const { sql } = stage.world.database;
  await sql(
    'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where receipt = $1 and taken_back_at is null',
    [receipt, now(), reversal],
  );
  await sql('select book_reversed_2(id, $2) from deposits where receipt = $1', [receipt, now()]);
}
const flagged = async (shillings: number) =>
  (
    await stage.world.database.sql<{ receipt: string | null }>(
      'select receipt from deposits where amount_cents = $1 and reversed_elsewhere_at is not null and merged_into is null',
      [shillings * 100],
    )
  ).map(({ receipt }) => receipt);

/** A prompt that a query calls paid, and a proved receipt with its reference that somebody else may have paid by hand: its guess. */
async function guessed(shillings: number) {
  const s = await openScene(stage);
  const phones = newPhones();
  const owed = await s.owe(shillings, phones.customers[0]);
  const [hand, own] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(2);
  await s.told(hand, shillings, owed.reference, phones.twin);
  s.proves(hand, shillings, phones.twin);
  await s.minutes(15);
  expect(await s.deposits(shillings)).toMatchObject([{ receipt: hand, tied_by: 'reference', proved: true }]);
  return { s, owed, hand, own };
}

test('a receipt that was reversed in the portal, and a callback that names another one for its prompt: the prompt’s money is free and pays, and the other is off the books', async () => {
  const { s, owed, hand, own } = await guessed(1744);
  await givenBackInPortal(hand, s.receipt());
  expect(await s.grown()).toMatchObject({ receivables: 1744, donations: 1744 });
  await s.calledBack(owed, own, 1744);
  await s.minutes(5);
  expect(await flagged(1744)).toEqual([hand]);
  expect(await s.grown()).toEqual({ paybill_float: 1744, donations: 1744 });
  expect(await s.takeBack(own)).toBe(409);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
});

test('the same where it was taken back before the callback came: what the prompt brought is the customer’s', async () => {
  const { s, owed, hand, own } = await guessed(1746);
  await givenBackInPortal(hand, s.receipt());
  expect(await s.takeBack(hand)).toBe(200);
  expect(await s.grown()).toEqual({});
  expect(await s.payment(owed)).toMatchObject({ status: 'reversed' });
  await s.calledBack(owed, own, 1746);
  await s.minutes(5);
  expect(await flagged(1746)).toEqual([hand]);
  expect(await s.grown()).toEqual({ paybill_float: 1746, customer_credit: 1746 });
});

test('returned and parked, and a callback that names it for its prompt: the prompt’s money is what was refunded, once', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1747, newPhones().other);
  const receipt = s.receipt();
  await s.minutes(6);
  await s.told(receipt, 1747, 'SCHOOL', owed.phone);
  s.proves(receipt, 1747, owed.phone);
  await s.minutes(15);
  await givenBackInPortal(receipt, s.receipt());
  expect(await s.grown()).toEqual({ suspense: 1747, receivables: 1747 });
  await s.calledBack(owed, receipt, 1747);
  await s.minutes(5);
  expect(await flagged(1747)).toEqual([receipt]);
  expect(await s.payment(owed)).toMatchObject({ status: 'reversed' });
  expect(await s.grown()).toEqual({});
});

test('returned while it is doubted: it is in the float of nobody, and as soon as the prompt has a receipt of its own it has come and gone', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1748, newPhones().other);
  const receipt = s.receipt();
  s.queried(owed);
  s.proves(receipt, 1748, owed.phone);
  await s.minutes(2);
  await s.told(receipt, 1748, 'SCHOOL', owed.phone);
  await s.minutes(12);
  await givenBackInPortal(receipt, s.receipt());
  expect(await s.grown()).toMatchObject({ paybill_float: 1748, paybill_told: 1748 });
  await s.calledBack(owed, s.receipt(), 1748);
  await s.minutes(5);
  expect(await flagged(1748)).toEqual([receipt]);
  expect(await s.grown()).toMatchObject({ paybill_float: 1748, donations: 1748 });
  expect(await s.takeBack(receipt)).toBe(200);
  expect(await s.grown()).toEqual({ paybill_float: 1748, donations: 1748 });
});

test('returned, and then a prompt of its amount and time turns out paid without a receipt: nothing is booked twice', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1749, newPhones().other);
  const receipt = s.receipt();
  s.proves(receipt, 1749, owed.phone);
  await s.told(receipt, 1749, 'SCHOOL', owed.phone);
  await s.minutes(6);
  await givenBackInPortal(receipt, s.receipt());
  expect(await s.takeBack(receipt)).toBe(200);
  expect(await s.grown()).toEqual({});
  s.queried(owed);
  await s.minutes(20);
  expect(await s.grown()).toEqual({ paybill_float: 1749, donations: 1749 });
  // it was that same movement
  await s.calledBack(owed, receipt, 1749);
  await s.minutes(5);
  expect(await flagged(1749)).toEqual([receipt]);
  expect(await s.grown()).toEqual({ donations: 1749, receivables: 1749 });
  expect(await s.takeBack(receipt)).toBe(200);
  expect(await s.grown()).toEqual({});
});
