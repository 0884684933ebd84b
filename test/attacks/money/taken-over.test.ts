import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { type Line, listByPull, openScene, sendNotice, type Told } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const notice = (...told: Told) => sendNotice(stage, ...told);
const listed = (...lines: Line[]) => listByPull(stage, ...lines);
const now = () => stage.world.clock.now().toISOString();

/** What the sign-off of a statement does for a line that shows a payment as given back whole. */
async function givenBackInPortal(receipt: string, reversal: string): Promise<void> {
  const { sql } = stage.world.database;
  await sql(
    'update deposits set reversed_elsewhere_at = $2, reversal_receipt = $3, reversed_elsewhere_cents = amount_cents where receipt = $1',
    [...[receipt, now(), reversal]],
  );
  await sql('select book_reversed_2(id, $2) from deposits where receipt = $1', [receipt, now()]);
}

test('an order was sold with a lie, taken over by proved money, which a list then says was for another order: sales and floats hold what came', async () => {
  const s = await openScene(stage);
  const [one, two] = [await s.owe(1791, newPhones().other), await s.owe(1791, newPhones().other)];
  await s.minutes(6);
  const [lie, real] = [s.receipt(), s.receipt()];
  await notice(lie, 1791, one.phone, 'masked', one.reference);
  await s.minutes(2);
  s.proves(real, 1791, two.phone);
  await notice(real, 1791, two.phone, 'masked', one.reference); // really typed for two
  await s.minutes(12);
  await listed({ receipt: real, shillings: 1791, typed: two.reference, phone: two.phone });
  await s.minutes(5);
  const grown = await s.grown();
  // what was told first keeps order one's place, and is not proved
  expect(grown).toEqual({ paybill_float: 1791, paybill_told: 1791, donations: 3582 });
  expect([await s.payment(one), await s.payment(two)]).toMatchObject([{ status: 'paid' }, { status: 'paid' }]);
  await s.refute(lie);
  expect(await s.takeBack(lie)).toBe(200);
  expect(await s.grown()).toEqual({ paybill_float: 1791, donations: 1791 });
  expect(await s.payment(one)).toMatchObject({ status: 'reversed' });
}, 60_000);

test('a sale that another deposit had paid before is undone with its VAT when what took it over goes', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1795, newPhones().other);
  await s.minutes(6);
  const [lie, own] = [s.receipt(), s.receipt()];
  await notice(lie, 1795, owed.phone, 'masked', owed.reference);
  await s.minutes(2);
  await s.calledBack(owed, own, 1795);
  await s.minutes(3);
  await s.refute(lie);
  expect(await s.takeBack(lie)).toBe(200);
  expect(await s.grown()).toEqual({ paybill_float: 1795, donations: 1795 });
  await givenBackInPortal(own, s.receipt());
  expect(await s.takeBack(own)).toBe(200);
  expect(await s.grown()).toEqual({});
  expect(await s.payment(owed)).toMatchObject({ status: 'reversed' });
}, 60_000);

test('an order was sold with told money and taken over by its prompt’s, which is reversed in the portal and taken back: the sale is undone', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1792, newPhones().other);
  await s.minutes(6);
  const [lie, own] = [s.receipt(), s.receipt()];
  await notice(lie, 1792, owed.phone, 'masked', owed.reference);
  await s.minutes(2);
  await s.calledBack(owed, own, 1792);
  await s.minutes(3);
  await givenBackInPortal(own, s.receipt());
  await s.takeBack(own);
  await s.minutes(2);
  const grown = await s.grown();
  await stage.world.database.sql('select kind, total_cents from invoices where payment_id = $1', [owed.paymentId]);
  expect(grown).toEqual({ paybill_told: 1792, donations: 1792 }); // what was told first keeps the order's place
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  await s.refute(lie);
  expect(await s.takeBack(lie)).toBe(200);
  expect(await s.grown()).toEqual({});
  expect(await s.payment(owed)).toMatchObject({ status: 'reversed' });
}, 60_000);

test('a lie sold, the true one swapped in, and then the lie is proved too: returned, and nobody owes anything; the callback again changes nothing', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1794, newPhones().other);
  await s.minutes(6);
  const [hand, own] = [s.receipt(), s.receipt()];
  await notice(hand, 1794, owed.phone, 'masked', owed.reference);
  await s.minutes(2);
  await s.calledBack(owed, own, 1794);
  s.proves(hand, 1794, owed.phone);
  await s.minutes(15);
  const verdicts = [
    await listed({ receipt: hand, shillings: 1794, typed: owed.reference, phone: owed.phone }),
    await listed({ receipt: own, shillings: 1794, typed: owed.reference, phone: owed.phone }),
  ];
  await s.calledBack(owed, own, 1794);
  await notice(hand, 1794, owed.phone, 'masked', owed.reference);
  await s.minutes(3);
  expect({ verdicts, grown: await s.grown() }).toMatchObject({ grown: { paybill_float: 3588, donations: 1794, customer_credit: 1794 } });
}, 60_000);
