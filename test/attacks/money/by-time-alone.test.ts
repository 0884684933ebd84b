import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { noticeBody } from '../../proof/bodies.ts';
import { fillFloat, post, type Stage, startStage, US } from '../../proof/stage.ts';
import { newPhones, show } from '../../proof/world-of-money.ts';
import { makeLoan } from '../../world/lending.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const doubted = async () =>
  (await stage.world.database.sql("select 1 from reviews where kind = 'receipt_doubted' and closed_at is null")).length;
const proved = async (receipt: string) =>
  (
    await stage.world.database.sql<{ proved: boolean }>('select confirmed_at is not null as proved from deposits where receipt = $1', [
      receipt,
    ])
  )[0]?.proved;

/** A prompt that a query calls paid, a stranger's payment of its time, by hand and without words, and the prompt's own, told for the customer's loan. */
async function twoPayments(shillings: number, first: 'stranger' | 'own') {
  const loan = await makeLoan(stage.world);
  const s = await openScene(stage);
  const customer = newPhones().other;
  const owed = await s.owe(shillings, customer);
  const at = stage.world.clock.now();
  const [own, strangers] = [s.receipt(), s.receipt()];
  const tellStrangers = async () => {
    const msisdn = show(newPhones().other, 'hashed');
    const body = noticeBody({ receipt: strangers, shillings, reference: '', at, msisdn, shortcode: stage.shortcode });
    await post(stage, 'c2b-confirmation', stage.confirmationPath, body);
    stage.statusAnswers.set(strangers, { debit: 'JANE', credit: US, shillings, at });
  };
  const tellOwn = async () => {
    s.proves(own, shillings, customer, at);
    await s.told(own, shillings, loan.reference, customer, 'masked', at);
  };
  if (first === 'stranger') {
    s.queried(owed);
    await s.minutes(2);
    await tellStrangers();
    await s.minutes(4);
    await tellOwn();
  } else {
    await tellOwn();
    await tellStrangers();
    await s.minutes(4);
    s.queried(owed);
  }
  await s.minutes(20);
  const tie = await stage.world.database.sql('select tied_by from deposits where receipt = $1', [strangers]);
  expect(tie).toEqual([{ tied_by: 'time' }]);
  return { s, owed, own, loan, customer, at };
}

test.each<[string, number, 'stranger' | 'own']>([
  ['the stranger’s is the order’s before', 1793, 'stranger'],
  ['the loan’s is proved before the order is paid', 1794, 'own'],
])(
  'a prompt’s own receipt that was told for a loan is told money and a task, while the order has a receipt by its time alone: %s',
  async (_, shillings, first) => {
    const before = await doubted();
    const { s, owed, own } = await twoPayments(shillings, first);
    expect(await proved(own)).toBe(false);
    expect(await doubted()).toBe(before + 1);
    expect(await s.grown()).toMatchObject({ paybill_float: shillings, paybill_told: shillings });
    await s.calledBack(owed, own, shillings); // the callback comes after all: the stranger's is a movement of its own
    await s.minutes(3);
    expect(await s.grown()).toMatchObject({ paybill_float: 2 * shillings, suspense: shillings });
    expect(await doubted()).toBe(before);
  },
);

test('a list that says that the loan’s reference was typed proves it', async () => {
  const { own, loan, customer, at, s } = await twoPayments(1795, 'stranger');
  await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    {
      ...{ receipt: own, amountCents: 179_500n, typedReference: loan.reference, shortcode: stage.shortcode, prompts: true, times: [at] },
      payer: { tail: customer.slice(-3) },
    },
  ]);
  expect(await proved(own)).toBe(true);
  expect((await s.grown()).paybill_told ?? 0).toBe(0);
});
