import { afterAll, beforeAll, expect, test } from 'vitest';
import { payerOf } from '../../../src/payments/payer.ts';
import { settleReceipts } from '../../../src/payments/settle-receipts.ts';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const send = async (path: string, body: object) => {
  const response = await stage.world.send('POST', path, { body, headers: await signedIn(stage.world, 'treasurer') });
  return { status: response.status, ...((await response.json()) as { payoutId?: string; code?: string }) };
};
const refund = (body: object) => send('/api/refunds', { reason: 'Test', ...body });
const decide = (payoutId: string | undefined, decision = 'approve') => send(`/api/payouts/${payoutId}/decision`, { decision });

/** A list names this reference for the receipt. */
const listed = (receipt: string, shillings: number, typedReference: string, phone: string) =>
  settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    {
      ...{ receipt, amountCents: BigInt(shillings) * 100n, typedReference, shortcode: stage.shortcode, prompts: true },
      ...{ times: [stage.world.clock.now()], payer: payerOf({ tail: phone.slice(-3) }, undefined) },
    },
  ]);

/** A prompt that a query calls paid, a proved receipt with its reference that somebody else may have paid by hand (its guess), and a reversal of it that is asked for. */
async function reversalAsked(shillings: number) {
  const s = await openScene(stage);
  const phones = newPhones();
  const owed = await s.owe(shillings, phones.customers[0]);
  const other = await s.owe(shillings, newPhones().other);
  const [hand, own] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(5);
  await s.told(hand, shillings, owed.reference, phones.twin);
  s.proves(hand, shillings, phones.twin);
  await s.minutes(15);
  const { payoutId } = await refund({ paymentId: owed.paymentId, method: 'reversal' });
  expect(payoutId).toBeDefined();
  const isAnother = () => listed(hand, shillings, other.reference, phones.twin);
  return { s, phones, owed, hand, own, payoutId, isAnother };
}
const ended = async (payoutId: string | undefined) =>
  (
    await stage.world.database.sql(
      'select p.state, w.state as sent, w.dispatched_at as at from payouts p left join withdrawals w on w.payout_id = p.id where p.id = $1',
      [payoutId],
    )
  )[0];

test('a reversal whose receipt turns out to be another movement is not approved', async () => {
  const { s, payoutId, isAnother } = await reversalAsked(1784);
  await isAnother();
  expect(await decide(payoutId)).toMatchObject({ status: 409, code: 'receipt_moved' });
  expect((await decide(payoutId, 'decline')).status).toBe(200);
  expect(await s.grown()).not.toHaveProperty('payout_reserve');
});

test('a reversal that was approved and waits is not sent any more when its receipt turns out to be another movement: it ends, and what was reserved is there again', async () => {
  const { s, payoutId, isAnother } = await reversalAsked(1785);
  await stage.world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
  expect((await decide(payoutId)).status).toBe(200);
  expect(await s.grown()).toMatchObject({ payout_reserve: 1785 });
  await isAnother();
  await stage.world.database.sql("delete from stops where name = 'payouts'");
  await s.minutes(15);
  expect(await ended(payoutId)).toEqual({ state: 'rejected', sent: 'rejected', at: null });
  expect(await s.grown()).not.toHaveProperty('payout_reserve');
});
