import { afterAll, beforeAll, expect, test } from 'vitest';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { noticeBody } from '../../proof/bodies.ts';
import { post, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones, show } from '../../proof/world-of-money.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

let shillings = 3_700;

/** A prompt is paid, its callback lost; then somebody else pays the same bill by hand. Safaricom proves that receipt and names nobody. */
async function paidByTwo(hint: 'full' | 'hashed' | 'masked', minutes: number) {
  shillings += 1;
  const s = await openScene(stage);
  const [customer, other] = [newPhones().other, newPhones().other];
  const owed = await s.owe(shillings, customer);
  const promptedAt = stage.world.clock.now();
  s.queried(owed);
  await s.minutes(minutes);
  const at = stage.world.clock.now();
  const receipt = s.receipt();
  const body = { receipt, shillings, reference: owed.reference, at, msisdn: show(other, hint), shortcode: stage.shortcode };
  await post(stage, 'c2b-confirmation', stage.confirmationPath, noticeBody(body));
  stage.statusAnswers.set(receipt, { debit: 'JANE', credit: `${stage.shortcode} - Duka la Kahawa`, shillings, at });
  await s.minutes(12);
  return { s, owed, customer, other, receipt, at, promptedAt, shillings };
}

test.each((['full', 'hashed', 'masked'] as const).flatMap((hint) => [5, 120].map((minutes) => [hint, minutes] as const)))(
  'money with the reference of a prompt and another number (%s, %i minutes later) goes back to nobody before it is known who paid',
  async (hint, minutes) => {
    const { s, customer, other, receipt } = await paidByTwo(hint, minutes);
    expect(await s.giveBack(receipt, customer)).toBe('payer_unknown');
    expect(await s.giveBack(receipt, other)).toBe('payer_unknown');
  },
);

test('a list that says who paid puts both right: the prompt has its own receipt, and each gets back what they paid', async () => {
  const { s, owed, customer, other, receipt, at, promptedAt, shillings: amount } = await paidByTwo('masked', 120);
  const own = s.receipt();
  const line = (which: string, phone: string, when: Date, typedReference?: string) => ({
    ...{ receipt: which, amountCents: BigInt(amount) * 100n, typedReference, shortcode: stage.shortcode, prompts: true, times: [when] },
    payer: payerOf({ tail: phone.slice(-3) }, undefined),
  });
  await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    line(receipt, other, at, owed.reference),
    line(own, customer, promptedAt, owed.reference),
  ]);
  await s.minutes(5);
  const rows = (await s.deposits(amount)).filter(({ merged }) => merged === false);
  expect(rows.map(({ receipt: name, prompted, proved }) => [name, prompted, proved]).sort()).toEqual(
    [
      [receipt, false, true],
      [own, true, true],
    ].sort(),
  );
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await s.giveBack(receipt, customer)).toBe('payer_unknown');
  expect(await s.grown()).toMatchObject({ paybill_float: 2 * amount });
});
