import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { resultBody } from '../../proof/bodies.ts';
import { fillFloat, type Stage, startStage, US } from '../../proof/stage.ts';
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
      'select p.state, w.state as sent, w.result_code as why from payouts p left join withdrawals w on w.payout_id = p.id where p.id = $1',
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

test.each([
  [1785, 'approved and waits', false],
  [1787, 'surely refused once', true],
])(
  'a reversal (%i) that was %s is not sent any more when its receipt turns out to be another movement: it ends, and what was reserved is there again',
  async (shillings, _, refused) => {
    const { s, owed, own, payoutId, isAnother } = await reversalAsked(shillings);
    await stage.world.database.sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
    expect((await decide(payoutId)).status).toBe(200);
    if (refused) await stage.world.database.sql('update withdrawals set dispatched_at = now() where payout_id = $1', [payoutId]);
    expect(await s.grown()).toMatchObject({ payout_reserve: shillings });
    await (refused ? s.calledBack(owed, own, shillings) : isAnother());
    await stage.world.database.sql("delete from stops where name = 'payouts'");
    await s.minutes(15);
    expect(await ended(payoutId)).toEqual({ state: 'rejected', sent: 'rejected', why: 'not_sent' });
    expect(await s.grown()).not.toHaveProperty('payout_reserve');
  },
);

/** Safaricom has taken the request, and says later that it reversed that receipt. */
async function sent(payoutId: string | undefined, shillings: number, receipt: string, reversal: string) {
  const { sql } = stage.world.database;
  await sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())"); // it is sent below
  expect((await decide(payoutId)).status).toBe(200);
  const ids = { originator: `abc-${shillings}`, conversation: `AG_20261121_reversal${shillings}` };
  const [w] = await sql<{ id: string }>(
    "update withdrawals set state = 'dispatched', dispatched_at = $2, conversation_id = $3, originator_conversation_id = $4 where payout_id = $1 returning id",
    [payoutId, stage.world.clock.now().toISOString(), ids.conversation, ids.originator],
  );
  return async () => {
    const token = makeCallbackToken(stage.world.app.config.callback.tokenKeys, 'reversal', w?.id ?? '');
    const parameters = {
      ...{ Amount: shillings, OriginalTransactionID: receipt, DebitPartyPublicName: US, CreditPartyPublicName: '2547 - JANE' },
      ...{ DebitAccountBalance: 'x', TransCompletedTime: 20261121130000 },
    };
    const body = resultBody({ ids, transactionId: reversal, parameters });
    expect((await stage.world.send('POST', `/api/callbacks/reversal/${token}/result`, { body })).status).toBe(200);
    await sql("delete from stops where name = 'payouts'");
  };
}
const depositOf = async (receipt: string) =>
  (await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1 and merged_into is null', [receipt]))[0]?.id;

/** What must hold when the receipt that was reversed is another movement than the prompt's. */
async function isGivenBackOnce(asked: Awaited<ReturnType<typeof reversalAsked>>, shillings: number) {
  const { s, phones, owed, hand, own, payoutId } = asked;
  expect(await ended(payoutId)).toMatchObject({ state: 'paid', sent: 'paid' });
  const tasks = await stage.world.database.sql('select kind from reviews where subject = $1 and closed_at is null', [payoutId]);
  expect(tasks).toEqual([{ kind: 'reversal_of_another' }]);
  expect(await s.grown()).toEqual({ paybill_float: shillings, customer_credit: shillings });
  for (const method of ['b2c', 'reversal'])
    expect((await refund({ depositId: await depositOf(hand), method, ...(method === 'b2c' && { phoneNumber: phones.twin }) })).code).toBe(
      'refund_too_large',
    );
  // the prompt's own money is its customer's
  expect(await s.payment(owed)).toMatchObject({ status: 'reversed' });
  expect((await refund({ depositId: await depositOf(own), method: 'b2c', phoneNumber: owed.phone })).status).toBe(201);
  expect((await refund({ depositId: await depositOf(own), method: 'b2c', phoneNumber: owed.phone })).code).toBe('refund_too_large');
}

test('a sale was reversed under a guessed receipt and the callback names another one: what was reversed is not returned again, and what the prompt brought is its customer’s', async () => {
  const asked = await reversalAsked(1783);
  const { s, owed, hand, own, payoutId } = asked;
  await (await sent(payoutId, 1783, hand, s.receipt()))();
  await s.minutes(5);
  expect(await s.payment(owed)).toMatchObject({ status: 'reversed' });
  await s.calledBack(owed, own, 1783);
  await s.minutes(5);
  await isGivenBackOnce(asked, 1783);
});

test('the same where the callback comes while nobody knows yet how the reversal ended', async () => {
  const asked = await reversalAsked(1786);
  const { s, owed, hand, own, payoutId } = asked;
  const result = await sent(payoutId, 1786, hand, s.receipt());
  await s.calledBack(owed, own, 1786);
  await s.minutes(2);
  expect((await refund({ depositId: await depositOf(hand), method: 'reversal' })).code).toBe('refund_too_large');
  await result();
  await s.minutes(5);
  await isGivenBackOnce(asked, 1786);
});
