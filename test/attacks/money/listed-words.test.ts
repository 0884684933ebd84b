import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { match } from '../../paybill/paybill.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import { makeLoan } from '../../world/lending.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const EARLIER_MS = 40 * 60_000;

/** A list names what was typed. */
async function listed(
  source: 'pull' | 'statement',
  receipt: string,
  shillings: number,
  typedReference: string,
  at = stage.world.clock.now(),
) {
  const settled = await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, source, [
    { receipt, amountCents: BigInt(shillings) * 100n, typedReference, shortcode: stage.shortcode, prompts: true, times: [at] },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
  return settled.map(({ verdict }) => verdict);
}

const tasks = async () =>
  (await stage.world.database.sql<{ kind: string }>('select kind from reviews where closed_at is null order by opened_at, kind')).map(
    ({ kind }) => kind,
  );

for (const source of ['pull', 'statement'] as const) {
  const shillings = source === 'pull' ? 1631 : 1632;

  test(`${source}: the receipt of one's prompt, told for one's loan with a wrong time, and proved: the line names the prompt, and the loan's part is locked`, async () => {
    const loan = await makeLoan(stage.world);
    const s = await openScene(stage);
    const owed = await s.owe(shillings);
    const real = s.receipt();
    const at = stage.world.clock.now();
    s.queried(owed);
    await s.minutes(4);
    s.proves(real, shillings, owed.phone);
    await s.told(real, shillings, loan.reference, owed.phone, 'masked', new Date(at.getTime() - EARLIER_MS));
    await s.minutes(30);
    expect(await s.grown()).toMatchObject({ paybill_float: shillings, paybill_told: shillings });
    expect(await listed(source, real, shillings, owed.reference, at)).toEqual(['fills']);
    await s.minutes(5);
    expect(await s.grown()).toMatchObject({ paybill_float: shillings });
    expect(await tasks()).toContain('deposit_refuted');
    expect((await s.deposits(shillings)).filter(({ receipt }) => receipt === real)).toMatchObject([{ prompted: true, proved: true }]);
    expect(await listed(source, real, shillings, owed.reference, at)).toEqual([]);
  });
}

test('the same by the list alone, with the right phone and time: it proves nothing for the loan', async () => {
  const loan = await makeLoan(stage.world);
  const s = await openScene(stage);
  const owed = await s.owe(1633);
  const real = s.receipt();
  const at = stage.world.clock.now();
  s.queried(owed);
  await s.minutes(4);
  await s.told(real, 1633, loan.reference, owed.phone);
  await s.minutes(2);
  expect(await listed('pull', real, 1633, owed.reference, at)).toEqual(['fills']);
  await s.minutes(5);
  expect(await s.grown()).toMatchObject({ paybill_float: 1633 });
});

test("somebody's payment, told for the liar's own order before its own notice: the line takes the order back, and pays what was typed", async () => {
  const s = await openScene(stage);
  const [liars, honest] = [await s.owe(1634), await s.owe(1634, '254711000777')];
  await s.minutes(6); // both prompts are over
  const real = s.receipt();
  s.proves(real, 1634, '254711000777');
  await s.told(real, 1634, liars.reference, liars.phone);
  await s.minutes(6);
  expect(await s.payment(liars)).toMatchObject({ status: 'paid' });
  expect(await listed('pull', real, 1634, honest.reference)).toEqual(['arrives']);
  await s.minutes(3);
  expect(await s.payment(liars)).toMatchObject({ status: 'reversed' });
  expect(await s.payment(honest)).toMatchObject({ status: 'paid' });
  expect(await s.grown()).toEqual({ paybill_float: 1634, donations: 1634 });
  expect(await tasks()).toContain('deposit_displaced');
});

test('where the line names nothing of ours, what the notice’s words bought is taken back, and the money waits for a person', async () => {
  const s = await openScene(stage);
  const liars = await s.owe(1635);
  await s.minutes(6);
  const real = s.receipt();
  await s.told(real, 1635, liars.reference, liars.phone);
  await s.minutes(2);
  expect(await listed('pull', real, 1635, 'SCHOOL')).toEqual(['arrives']);
  await s.minutes(3);
  expect(await s.payment(liars)).toMatchObject({ status: 'reversed' });
  expect(await s.grown()).toEqual({ paybill_float: 1635, suspense: 1635 });
  expect(await tasks()).toContain('deposit_displaced');
  expect(await listed('pull', real, 1635, 'SCHOOL')).toEqual([]); // once
});

test('where the line has no words, as a till’s, what was bought stays, and a person is told', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1638);
  await s.minutes(6);
  const real = s.receipt();
  await s.told(real, 1638, owed.reference, owed.phone);
  await s.minutes(2);
  expect(await listed('pull', real, 1638, '')).toEqual(['proves']);
  await s.minutes(3);
  expect(await s.grown()).toEqual({ paybill_float: 1638, donations: 1638 });
  expect(await tasks()).toContain('receipt_words_differ');
});

test('what a person has matched is not taken from what they matched it to without one', async () => {
  const s = await openScene(stage);
  const [first, second] = [await s.owe(1636), await s.owe(1636, '254711000776')];
  await s.minutes(6);
  const real = s.receipt();
  await s.told(real, 1636, 'SCHOOL', first.phone);
  s.proves(real, 1636, first.phone);
  await s.minutes(6);
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [real]);
  expect((await match(stage.world, row?.id ?? '', { paymentId: first.paymentId })).status).toBe(200);
  const before = await s.grown();
  expect(await listed('pull', real, 1636, second.reference)).toEqual(['proves']);
  expect(await s.grown()).toEqual(before);
  expect(await tasks()).toContain('receipt_words_differ');
});

test('the customer has credit of it: the line takes it to what was typed', async () => {
  const s = await openScene(stage);
  const [paid, honest] = [await s.owe(1637), await s.owe(1637, '254711000775')];
  await s.calledBack(paid, s.receipt(), 1637);
  await s.minutes(6);
  const real = s.receipt();
  await s.told(real, 1637, paid.reference, paid.phone);
  await s.minutes(2);
  expect(await s.grown()).toMatchObject({ customer_credit: 1637 });
  await listed('pull', real, 1637, honest.reference);
  await s.minutes(2);
  expect(await s.grown()).toEqual({ paybill_float: 3274, donations: 3274 });
  expect(await s.payment(honest)).toMatchObject({ status: 'paid' });
});
