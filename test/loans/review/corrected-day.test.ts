import { afterAll, beforeAll, expect, test } from 'vitest';
import { toNairobiTimestamp } from '#mpesa/daraja/nairobi-timestamp.ts';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { moveRepayments } from '#sacco/loans/move-repayments.ts';
import { newReceipt, register } from '../../paybill/paybill.ts';
import { makeLoan, makeProduct } from '../../world/lending.ts';
import { startWorld, type World } from '../../world/world.ts';
import { DAY_MS, expectLendingToAgree, pay, penaltiesOf, repaymentsOf, standing } from '../repaying.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(async () => {
  await expectLendingToAgree(world);
  await world.stop();
});

/** A signed list has this receipt of KES 5,000, with its time. */
async function list(receipt: string, typedReference: string, at: Date): Promise<void> {
  const { app, clock } = world;
  const { shortcode } = app.config.mpesa;
  const line = { receipt, amountCents: 500_000n, typedReference, shortcode, prompts: true, times: [at], payer: {} };
  for (const { depositId } of await settleReceipts({ db: app.db, now: clock.now() }, 'statement', [line]))
    if (depositId) await allocate(app, depositId);
}

/** A status answer has this receipt of KES 5,000, and does not say when. */
const answer = (receipt: string) =>
  world.database.sql(
    "select * from settle_receipt_2('status', $1, 500000, null, null, null, null, null, null, null, $2, true, '{}', false, $3)",
    [...[receipt, world.app.config.mpesa.shortcode, world.clock.now().toISOString()]],
  );

test.each([
  ['five days late', 5, toNairobiTimestamp, 'told'],
  [
    'a day late without a time that can be read, and is booked when a status answer without a time has proved it,',
    1,
    () => 'noon',
    'answered',
  ],
] as const)(
  'a repayment on its due day whose notice comes %s is of that day once a list says so: no penalty is left',
  async (_, days, stamp, first) => {
    const penalised = { penaltyKind: 'fixed', penaltyCents: 5_000n, penaltyFrequency: 'once' } as const;
    const loan = await makeLoan(world, { product: await makeProduct(world, { instalments: 1, excess: 'full', ...penalised }) });
    const { reference } = loan;
    await world.clock.advance(7 * DAY_MS); // the day on which it is due
    const at = world.clock.now();
    const receipt = newReceipt(at);
    await world.clock.advance(days * DAY_MS);
    await pay(world, reference, 5000, { TransID: receipt, TransTime: stamp(at) });
    await world.pass(1);
    if (first === 'answered') await answer(receipt);
    await world.pass(1);
    expect(await repaymentsOf(world, loan)).toMatchObject([{ penalty: 50, principal: 4950 }]);
    await list(receipt, reference, at);
    await world.pass(2);
    expect(await world.database.sql('select moved_at from deposits where receipt = $1', [receipt])).toEqual([{ moved_at: at }]);
    expect((await penaltiesOf(world, loan)).filter(({ amount }) => amount > 0)).toEqual([]);
    expect(await repaymentsOf(world, loan)).toMatchObject([{ penalty: 0, principal: 5000, excess: 0 }]);
    expect(await standing(world, loan)).toMatchObject({ state: 'closed', saved: 0 });
    const [{ id: depositId } = { id: '' }] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
      receipt,
    ]);
    await moveRepayments(world.app, { kind: 'repayments_moved', depositId }); // said twice
    expect(await standing(world, loan)).toMatchObject({ state: 'closed', saved: 0 });
  },
);
