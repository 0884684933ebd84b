import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { noticeBody, resultBody } from '../../proof/bodies.ts';
import { fillFloat, post, type Stage, startStage, US } from '../../proof/stage.ts';
import { newPhones, show } from '../../proof/world-of-money.ts';
import { signedIn } from '../../world/person.ts';
import { openScene } from './scene.ts';

// What is found out of money between asking for its refund and its leaving.

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

const send = async (path: string, body: object) => {
  const response = await stage.world.send('POST', path, { body, headers: await signedIn(stage.world, 'treasurer') });
  return { status: response.status, ...((await response.json()) as { payoutId?: string; code?: string; detail?: string }) };
};
const refund = (body: object) => send('/api/refunds', { reason: 'Test', ...body });
const decide = (payoutId: string | undefined, decision = 'approve') => send(`/api/payouts/${payoutId}/decision`, { decision });
const sql = (text: string, params: unknown[] = []) => stage.world.database.sql<Record<string, unknown>>(text, params);
const depositOf = async (receipt: string) =>
  (await sql('select id from deposits where receipt = $1 and merged_into is null', [receipt]))[0]?.id as string;
const payoutIs = async (payoutId: string | undefined) => (await sql('select state from payouts where id = $1', [payoutId]))[0]?.state;

/** A prompt that a query calls paid has a stranger's proved receipt by time alone; a refund to whom a person identified is asked for, and then the callback names its own. */
async function identified(shillings: number) {
  const s = await openScene(stage);
  const owed = await s.owe(shillings, newPhones().other);
  const stranger = newPhones().other;
  const [hand, own] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(2);
  const at = stage.world.clock.now();
  await post(
    stage,
    'c2b-confirmation',
    stage.confirmationPath,
    noticeBody({ receipt: hand, shillings, reference: '', at, msisdn: show(stranger, 'hashed'), shortcode: stage.shortcode }),
  );
  stage.statusAnswers.set(hand, { debit: 'JANE', credit: US, shillings, at: stage.world.clock.now() });
  await s.minutes(12);
  const asked = await refund({ paymentId: owed.paymentId, method: 'b2c', phoneNumber: stranger, identifiedBy: 'Showed the SMS' });
  expect(asked.status).toBe(201);
  const named = async () => {
    await s.calledBack(owed, own, shillings);
    await s.minutes(3);
  };
  return { s, owed, hand, payoutId: asked.payoutId, named };
}

test('a refund to whom a person identified is not approved any more when its receipt turns out to be another movement', async () => {
  const { s, payoutId, named } = await identified(1911);
  await named();
  expect(await decide(payoutId)).toMatchObject({ status: 409, code: 'payer_changed', detail: expect.stringContaining('ecline') });
  await s.minutes(3);
  expect((await decide(payoutId, 'decline')).status).toBe(200);
});

test('the reserve of a refund that was approved and not sent is released when its receipt turns out to be another movement', async () => {
  const { s, owed, payoutId, named } = await identified(1921);
  await sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())");
  expect((await decide(payoutId)).status).toBe(200);
  await named();
  await sql("delete from stops where name = 'payouts'");
  await s.minutes(12);
  expect(await payoutIs(payoutId)).toBe('rejected');
  expect((await s.grown()).payout_reserve ?? 0).toBe(0);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
});

test('a refund to whom a person identified leaves when nothing else was found out', async () => {
  const { s, payoutId } = await identified(1922);
  expect((await decide(payoutId)).status).toBe(200);
  await s.minutes(4);
  expect(await payoutIs(payoutId)).toBe('paid');
});

test('a refund to the payer that a notice showed is not approved any more when a list shows another', async () => {
  const s = await openScene(stage);
  const [liar, real] = ['254700000111', '254700000222'];
  const receipt = s.receipt();
  await s.told(receipt, 1914, 'SCHOOL', liar);
  stage.statusAnswers.set(receipt, { debit: 'JANE', credit: US, shillings: 1914, at: stage.world.clock.now() });
  await s.minutes(12);
  const asked = await refund({ depositId: await depositOf(receipt), method: 'b2c', phoneNumber: liar });
  expect(asked.status).toBe(201);
  await settleReceipts({ db: stage.world.app.db, now: stage.world.clock.now() }, 'pull', [
    {
      ...{ receipt, amountCents: 191_400n, typedReference: 'SCHOOL', shortcode: stage.shortcode, prompts: false },
      ...{ times: [stage.world.clock.now()], payer: payerOf({ tail: real.slice(-3) }, undefined) },
    },
  ]);
  expect(await decide(asked.payoutId)).toMatchObject({ status: 409, code: 'payer_changed' });
  await decide(asked.payoutId, 'decline');
  const anew = await refund({ depositId: await depositOf(receipt), method: 'b2c', phoneNumber: real });
  expect((await decide(anew.payoutId)).status).toBe(200);
  await s.minutes(3);
  expect(await payoutIs(anew.payoutId)).toBe('paid');
});

/** A reversal of a sale is with Safaricom under a receipt that becomes a movement of its own, in suspense. */
async function reversalUnderWay(shillings: number) {
  const s = await openScene(stage);
  const phones = newPhones();
  const owed = await s.owe(shillings, phones.customers[0]);
  const [hand, own] = [s.receipt(), s.receipt()];
  s.queried(owed);
  await s.minutes(2);
  await s.told(hand, shillings, '', phones.twin);
  s.proves(hand, shillings, phones.twin);
  await s.minutes(15);
  const other = await s.owe(shillings, newPhones().other);
  await s.minutes(6);
  const { payoutId } = await refund({ paymentId: owed.paymentId, method: 'reversal' });
  await sql("insert into stops (name, reason, stopped_at) values ('payouts', 'test', now())"); // it is sent below
  expect((await decide(payoutId)).status).toBe(200);
  const ids = { originator: `abc-${shillings}`, conversation: `AG_20261121_reversal${shillings}` };
  const [w] = await sql(
    "update withdrawals set state = 'dispatched', dispatched_at = $2, conversation_id = $3, originator_conversation_id = $4 where payout_id = $1 returning id",
    [payoutId, stage.world.clock.now().toISOString(), ids.conversation, ids.originator],
  );
  const ends = async (code: number | string = 0) => {
    const token = makeCallbackToken(stage.world.app.config.callback.tokenKeys, 'reversal', w?.id as string);
    const parameters = {
      ...{ Amount: shillings, OriginalTransactionID: hand, DebitPartyPublicName: US, CreditPartyPublicName: '2547 - JANE' },
      ...{ DebitAccountBalance: 'x', TransCompletedTime: 20261121130000 },
    };
    const body = resultBody({ ids, code, transactionId: s.receipt(), ...(code === 0 && { parameters }) } as never);
    expect((await stage.world.send('POST', `/api/callbacks/reversal/${token}/result`, { body })).status).toBe(200);
    await sql("delete from stops where name = 'payouts'");
    await s.minutes(3);
  };
  await s.calledBack(owed, own, shillings);
  await s.minutes(3);
  return { s, owed, other, depositId: await depositOf(hand), ends };
}

test('money whose reversal is under way is matched to nothing, and once that was paid it is gone', async () => {
  const { s, other, depositId, ends } = await reversalUnderWay(1912);
  expect(await send(`/api/deposits/${depositId}/match`, { paymentId: other.paymentId })).toMatchObject({
    status: 409,
    code: 'nothing_in_suspense',
  });
  await ends();
  const grown = await s.grown();
  expect(grown).toMatchObject({ paybill_float: 1912, customer_credit: 1912 });
  expect(grown.suspense ?? 0).toBe(0);
});

test('money whose reversal was refused can be matched again', async () => {
  const { s, other, depositId, ends } = await reversalUnderWay(1923);
  await ends(2001);
  expect((await send(`/api/deposits/${depositId}/match`, { paymentId: other.paymentId })).status).toBe(200);
  expect((await s.grown()).suspense ?? 0).toBe(0);
});

test('what an earlier release matched of money that was reversed then is owed to us, with a task', async () => {
  const { s, other, depositId, ends } = await reversalUnderWay(1924);
  // as that release let it be done: the reversal is out of sight meanwhile
  const away = '01930000-0000-7000-8000-00000000dead';
  await sql('update payouts set subject_id = $2 where subject_id = $1', [depositId, away]);
  expect((await send(`/api/deposits/${depositId}/match`, { paymentId: other.paymentId })).status).toBe(200);
  await sql('update payouts set subject_id = $1 where subject_id = $2', [depositId, away]);
  await ends();
  const grown = await s.grown();
  expect(grown.suspense ?? 0).toBe(0);
  expect(grown).toMatchObject({ receivables: 1924, customer_credit: 1924, paybill_float: 1924 });
  expect(
    await sql("select kind from reviews where kind = 'taken_back_short' and subject = $1 and closed_at is null", [depositId]),
  ).toHaveLength(1);
});
