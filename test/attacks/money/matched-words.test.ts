import { afterAll, beforeAll, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { match } from '../../paybill/paybill.ts';
import { type Stage, startStage } from '../../proof/stage.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.stop());

test.each(['pull', 'statement'] as const)(
  '%s: the receipt of a prompt that was told under a word, and matched by a person to another order, is one movement: the prompt’s',
  async (source) => {
    const shillings = source === 'pull' ? 1641 : 1642;
    const s = await openScene(stage);
    const [owed, other] = [await s.owe(shillings), await s.owe(shillings, '254711000774')];
    const real = s.receipt();
    const at = stage.world.clock.now();
    s.queried(owed);
    await s.minutes(6); // paid, and nobody has told its receipt; the other prompt is over
    await s.told(real, shillings, 'SCHOOL', '254700000001', 'masked', at);
    const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [real]);
    expect((await match(stage.world, row?.id ?? '', { paymentId: other.paymentId })).status).toBe(200);
    const settled = await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, source, [
      {
        ...{ receipt: real, amountCents: BigInt(shillings) * 100n, typedReference: owed.reference },
        ...{ shortcode: stage.shortcode, prompts: true, times: [at] },
      },
    ]);
    for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
    await s.minutes(3);
    expect(settled.map(({ verdict }) => verdict)).toEqual(['fills']);
    expect(await s.grown()).toEqual({ paybill_float: shillings, donations: shillings });
    expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
    expect(await s.payment(other)).toMatchObject({ status: 'reversed' });
  },
);
