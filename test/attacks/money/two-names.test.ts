import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

const OTHER = '254799000557';

test('two notices at the same moment, one with the reference and one without, and one success without a receipt: one is its name, the other a movement of its own', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1651);
  s.queried(owed);
  await s.minutes(2);
  // what they write first waits, so that both have looked before one has written
  const held = stage.world.database.sql('do $$ begin lock table evidence in exclusive mode; perform pg_sleep(1); end $$');
  const told = ['', owed.reference, '', owed.reference].map((reference) => [s.receipt(), reference] as const);
  await Promise.all(told.map(([receipt, reference]) => s.told(receipt, 1651, reference, owed.phone)));
  await held;
  const named = (await s.deposits(1651)).filter(({ receipt }) => receipt !== null);
  expect(named).toHaveLength(4);
  expect(named.filter(({ prompted }) => prompted)).toHaveLength(1);
  await s.minutes(2);
  expect(await s.grown()).not.toHaveProperty('clearing');
}, 60_000);

test('a notice with the reference of a success without a receipt waits for whoever ties receipts of its amount, and is then a movement of its own if another is the name', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1661);
  s.queried(owed);
  await s.minutes(2);
  const [first, second] = [s.receipt(), s.receipt()];
  // another notice has found the success, and has not said so yet
  const names = stage.world.database.sql(`do $$ begin
    perform lock_group_1(166100);
    perform pg_sleep(1);
    update deposits set receipt = '${first}', tied_by = 'time', may_echo = true where amount_cents = 166100 and receipt is null;
  end $$`);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await s.told(second, 1661, owed.reference, owed.phone);
  await names;
  const receipts = (await s.deposits(1661)).map(({ receipt }) => receipt).filter((receipt) => receipt !== null);
  expect(receipts).toEqual([first, second]);
  await s.minutes(2);
}, 60_000);

test('money with a reference that was held is looked at again only when nobody else ties receipts of its amount', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1652);
  const receipt = s.receipt();
  await s.told(receipt, 1652, owed.reference, owed.phone);
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  await stage.world.clock.advance(600_000);
  const waits = stage.world.database
    .sql('do $$ begin perform lock_group_1(165200); perform pg_sleep(1); end $$')
    .then(() => 'tied by another');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const ended: string[] = [];
  const allocated = allocate(stage.world.app, row?.id ?? '').then((answer) => ended.push(answer ?? ''));
  await waits.then((answer) => ended.push(answer));
  await allocated;
  expect(ended).toEqual(['tied by another', 'allocated']);
}, 60_000);

/** A list has both; it says who paid each. */
async function listed(rows: { receipt: string; shillings: number; at: Date; typed: string; phone: string }[]) {
  const proved = rows.map(({ receipt, shillings, at, typed, phone }) => ({
    ...{ receipt, amountCents: BigInt(shillings) * 100n, typedReference: typed, shortcode: stage.shortcode, prompts: true, times: [at] },
    payer: { tail: phone.slice(-3) },
  }));
  for (const { depositId } of await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', proved))
    if (depositId) await allocate(stage.world.app, depositId);
}

for (const [n, first] of (['hand', 'prompt', 'hand', 'prompt'] as const).entries()) {
  const inOneList = n < 2;

  test(`what another has paid under the reference is no name of the prompt, told ${first} first and proved ${inOneList ? 'in one list' : 'one after the other'}`, async () => {
    const s = await openScene(stage);
    const shillings = 1653 + n;
    const owed = await s.owe(shillings);
    s.queried(owed);
    const at = stage.world.clock.now();
    await s.minutes(6);
    const prompt = { receipt: s.receipt(), shillings, at, typed: '', phone: owed.phone };
    const hand = { receipt: s.receipt(), shillings, at, typed: owed.reference, phone: OTHER };
    const order = first === 'hand' ? [hand, prompt] : [prompt, hand];
    for (const { receipt, typed, phone } of order) await s.told(receipt, shillings, typed, phone, 'masked', at);
    await s.minutes(2);
    if (inOneList) await listed(order);
    else for (const each of order) await listed([each]);
    await s.minutes(2);
    expect(await s.grown()).toEqual({ paybill_float: 2 * shillings, donations: shillings, customer_credit: shillings });
    const named = (await s.deposits(shillings)).filter(({ receipt }) => receipt !== null);
    expect(named).toMatchObject([
      { receipt: prompt.receipt, prompted: true, proved: true },
      { receipt: hand.receipt, prompted: false, pays: true, proved: true },
    ]);
  }, 60_000);
}
