import { afterEach, beforeEach, expect, test } from 'vitest';
import { openScene } from '../attacks/money/scene.ts';
import { fillFloat, type Stage, startStage } from '../proof/stage.ts';
import { newPhones, show } from '../proof/world-of-money.ts';
import { toCsv } from '../statements/sample-statement.ts';
import { importedAndSigned } from './importing.ts';
import { paid, portalFile, portalRows, reversed } from './portal-file.ts';

// A part of a receipt that a prompt's success has by its words alone was given back in the portal; the prompt's callback may name another receipt yet.

let stage: Stage;
beforeEach(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterEach(() => stage.stop());

test('what was refunded of it stays locked, and is taken back once its receipt is another movement’s: once', async () => {
  const s = await openScene(stage);
  const phones = newPhones();
  await stage.world.clock.advance(12 * 3_600_000 - 60_000); // its own payment may have come before midnight, when the statement begins
  const owed = await s.owe(1_744, phones.customers[0]);
  const [hand, own] = [s.receipt(), s.receipt()];
  await s.minutes(2);
  const at = stage.world.clock.now();
  s.queried(owed);
  await s.minutes(2);
  await s.told(hand, 1_744, owed.reference, phones.twin);
  s.proves(hand, 1_744, phones.twin);
  await s.minutes(15);
  expect(await s.deposits(1_744)).toMatchObject([{ receipt: hand, tied_by: 'reference', proved: true }]);
  const now = stage.world.clock.now();
  const lines = [paid(hand, at, 1_744, owed.reference, `2547****${phones.twin.slice(-3)} - JANE`), reversed(s.receipt(), now, 500, hand)];
  await importedAndSigned(stage.world, portalFile(stage.shortcode, at, now, 0, lines));
  expect(await s.takeBack(hand)).toBe(409);
  expect(await s.grown()).toEqual({ paybill_float: 1_244, receivables: 500, donations: 1_744 });
  await s.calledBack(owed, own, 1_744);
  await s.minutes(5);
  // two payments came, and 500 of the one by hand went back: 2,988 are at Safaricom
  expect(await s.takeBack(hand)).toBe(200);
  expect(await s.takeBack(hand)).toBe(409);
  await s.minutes(3);
  const after = await s.grown();
  expect(after.paybill_float).toBe(2_988);
  expect(after.receivables ?? 0).toBe(0);
  expect((after.donations ?? 0) + (after.customer_credit ?? 0) + (after.suspense ?? 0)).toBe(2_988);
});

/** A prompt's success that has its receipt by its words alone, and a statement of its time with a part of it given back. */
async function givenBackInPart(shillings: number, { besides, opens = true }: { besides?: boolean; opens?: boolean } = {}) {
  const s = await openScene(stage);
  const phones = newPhones();
  const [customer = '', other = ''] = phones.customers;
  const begun = stage.world.clock.now();
  await s.minutes(1);
  const owed = await s.owe(shillings, customer);
  const [receipt, own, at] = [s.receipt(), s.receipt(), stage.world.clock.now()];
  const called = besides ? await s.owe(shillings, other) : undefined;
  if (called) await s.calledBack(called, own, shillings);
  s.queried(owed);
  await s.minutes(2);
  await s.told(receipt, shillings, owed.reference, customer);
  s.proves(receipt, shillings, customer);
  await s.minutes(15);
  expect(await s.deposits(shillings)).toContainEqual(expect.objectContaining({ receipt, tied_by: 'reference', proved: true }));
  const now = stage.world.clock.now();
  const lines = [
    paid(receipt, at, shillings, owed.reference, show(customer, 'masked')),
    ...(called ? [paid(own, at, shillings, called.reference, show(other, 'masked'))] : []),
    reversed(s.receipt(), now, 500, receipt),
  ];
  const rows = portalRows(stage.shortcode, begun, now, 0, lines);
  await importedAndSigned(stage.world, toCsv(opens ? rows : rows.filter(([first]) => first !== 'Opening Balance:')));
  return { s, receipt };
}

test('it is taken back once a signed statement lists all that came while the prompt could be paid, and no other', async () => {
  const { s, receipt } = await givenBackInPart(1_745);
  expect(await s.takeBack(receipt)).toBe(200);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 1_245, donations: 1_245 });
});

test('... and no other but one whose own callback has named it', async () => {
  const { s, receipt } = await givenBackInPart(1_746, { besides: true });
  expect(await s.takeBack(receipt)).toBe(200);
});

test('... not by a statement that refutes nothing, since it does not say its opening balance', async () => {
  const { s, receipt } = await givenBackInPart(1_747, { opens: false });
  expect(await s.takeBack(receipt)).toBe(409);
});
