import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allocate } from '#mpesa/payments/allocate.ts';
import { payerOf } from '#mpesa/payments/payer.ts';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { fillFloat, payOut, type Stage, startStage } from '../../proof/stage.ts';
import { signedIn } from '../../world/person.ts';
import { type Line, listByPull, openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 50_000);
});
afterAll(() => stage.stop());

const OTHER_CODE = '600982';
const tasks = async (subject: string) =>
  (await stage.world.database.sql<{ kind: string }>('select kind from reviews where subject = $1 and closed_at is null', [subject])).map(
    ({ kind }) => kind,
  );
const depositOf = async (receipt: string) =>
  (await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]))[0]?.id ?? '';
const post = async (path: string, body: unknown) => {
  const response = await stage.world.send('POST', path, { body, headers: await signedIn(stage.world, 'treasurer') });
  return { status: response.status, ...((await response.json()) as { code?: string; detail?: string }) };
};

/** The list of another short code of ours. */
async function listedElsewhere({ receipt, shillings, phone }: Line) {
  const at = stage.world.clock.now();
  const settled = await settleReceipts({ db: stage.world.app.db, now: at }, 'pull', [
    {
      ...{ receipt, amountCents: BigInt(shillings) * 100n, typedReference: undefined, shortcode: OTHER_CODE, prompts: true, times: [at] },
      payer: phone ? payerOf({ tail: phone.slice(-3) }, undefined) : {},
    },
  ]);
  for (const { depositId } of settled) if (depositId) await allocate(stage.world.app, depositId);
  return settled.map(({ verdict }) => verdict);
}
const floatOf = async (code: string) => {
  const [row] = await stage.world.database.sql<{ cents: string }>(
    "select coalesce(sum(amount_cents), 0) as cents from transfers where debit_account = 'paybill_float:' || $1::text",
    [code],
  );
  return Number(row?.cents) / 100;
};

describe('a success callback', () => {
  test('that names the receipt of a payout of ours pays nothing, and the payout keeps it: a person is asked', async () => {
    const [receipt = ''] = await payOut(stage, [2_101]);
    const s = await openScene(stage);
    const owed = await s.owe(2_101);
    expect(await s.calledBack(owed, receipt, 2_101)).toBe(200);
    await s.minutes(2);
    expect(await s.payment(owed)).toMatchObject({ status: expect.not.stringMatching('paid') });
    expect(await s.grown()).toEqual({});
    expect(await tasks(owed.attemptId)).toContain('evidence_receipt_used');
  });

  test('that names a receipt which was told with another amount: the told one is off the books, and a person is told', async () => {
    const s = await openScene(stage);
    const owed = await s.owe(2_102);
    const receipt = s.receipt();
    await s.told(receipt, 902, 'HELLO');
    expect(await s.calledBack(owed, receipt, 2_102)).toBe(200);
    await s.minutes(2);
    expect(await s.grown()).toEqual({ paybill_float: 2_102, donations: 2_102 });
    expect(await tasks(receipt)).toContain('evidence_amount_differs');
  });

  test('that is not believed is not settled by a query that says paid, before its receipt is proved', async () => {
    const s = await openScene(stage);
    const owed = await s.owe(2_110);
    const receipt = s.receipt();
    expect(await s.calledBack(owed, receipt, 9_110)).toBe(200);
    s.queried(owed);
    await s.minutes(3);
    expect(await s.payment(owed)).toMatchObject({ status: expect.not.stringMatching('paid') });
    expect(await s.grown()).toEqual({});
    expect(await tasks(owed.attemptId)).toEqual(expect.arrayContaining(['evidence_amount_differs', 'evidence_doubted']));
    expect(await listByPull(stage, { receipt, shillings: 2_110, typed: owed.reference, phone: owed.phone })).toEqual([
      [receipt, 'arrives'],
    ]);
    await s.minutes(3);
    expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
    expect(await s.grown()).toEqual({ paybill_float: 2_110, donations: 2_110 });
  });

  test('whose payer cannot be read takes no receipt from a success that an earlier one has named', async () => {
    const s = await openScene(stage);
    const owed = await s.owe(2_103);
    const [first, second] = [s.receipt(), s.receipt()];
    await s.calledBack(owed, first, 2_103, null);
    s.queried(owed);
    await s.minutes(2);
    expect(await s.deposits(2_103)).toMatchObject([{ receipt: first, prompted: true }]);
    await s.calledBack(owed, second, 2_103, null);
    await s.minutes(2);
    expect(await s.deposits(2_103)).toMatchObject([{ receipt: first, prompted: true }]);
    expect(await s.grown()).toEqual({ paybill_float: 2_103, donations: 2_103 });
  });
});

test('a list that has another amount for the receipt that a prompt has by a guess: the prompt keeps what it brought, and what came is booked', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_104);
  s.queried(owed);
  await s.minutes(1);
  const receipt = s.receipt();
  await s.told(receipt, 2_104, owed.reference);
  expect(await listByPull(stage, { receipt, shillings: 904, typed: 'HELLO' })).toEqual([[receipt, 'arrives']]);
  await s.minutes(2);
  expect(await s.payment(owed)).toMatchObject({ status: 'paid' });
  expect(await s.grown()).toEqual({ paybill_float: 3_008, donations: 2_104, suspense: 904 });
  expect(await tasks(receipt)).toContain('evidence_amount_differs');
});

test('what a status answer has proved of a payer, and a list says otherwise, is told to a person', async () => {
  const s = await openScene(stage);
  const receipt = s.receipt();
  await s.told(receipt, 2_105, 'HELLO', '254700000001');
  s.proves(receipt, 2_105, '254700000001');
  await s.minutes(5);
  expect(await s.grown()).toMatchObject({ paybill_float: 2_105 });
  const id = await depositOf(receipt);
  expect(await tasks(id)).not.toContain('receipt_payer_differs');
  await listByPull(stage, { receipt, shillings: 2_105, typed: 'HELLO', phone: '254700000555' });
  expect(await tasks(id)).toContain('receipt_payer_differs');
});

describe('money of the same amount and minute at another short code of ours is no name of a prompt', () => {
  test('that has no receipt', async () => {
    const s = await openScene(stage);
    const owed = await s.owe(2_106);
    s.queried(owed);
    await s.minutes(1);
    const before = await floatOf(OTHER_CODE);
    expect(await listedElsewhere({ receipt: s.receipt(), shillings: 2_106 })).toEqual(['arrives']);
    expect((await floatOf(OTHER_CODE)) - before).toBe(2_106);
    expect(await s.grown()).toMatchObject({ paybill_float: 4_212 });
  });

  test('that has one by a guess', async () => {
    const s = await openScene(stage);
    const owed = await s.owe(2_107);
    s.queried(owed);
    await s.minutes(1);
    await s.told(s.receipt(), 2_107, '', owed.phone);
    const before = await floatOf(OTHER_CODE);
    expect(await listedElsewhere({ receipt: s.receipt(), shillings: 2_107 })).toEqual(['arrives']);
    expect((await floatOf(OTHER_CODE)) - before).toBe(2_107);
    expect(await s.grown()).toMatchObject({ paybill_float: 4_214 });
  });
});

test('of two payments by hand, one of which may be a prompt’s money, neither is refunded on a person’s word', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_108);
  const receipts = [s.receipt(), s.receipt()];
  for (const receipt of receipts) {
    await s.told(receipt, 2_108, 'HELLO', owed.phone);
    s.proves(receipt, 2_108, owed.phone);
  }
  await s.minutes(4);
  s.queried(owed);
  await s.minutes(6);
  const answers: unknown[] = [];
  for (const receipt of receipts)
    answers.push(
      (
        await post('/api/refunds', {
          ...{ depositId: await depositOf(receipt), phoneNumber: '254700000777', identifiedBy: 'They showed their SMS', method: 'b2c' },
          reason: 'Not ours',
        })
      ).code,
    );
  expect(answers.toSorted()).toEqual(['payer_unknown', 'receipt_unconfirmed']);
});

test('a deposit that turned out to be the same money as another one is not taken back: its words say where it is', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_109);
  const receipt = s.receipt();
  await s.told(receipt, 2_109, 'HELLO', owed.phone);
  await s.minutes(1);
  const told = await depositOf(receipt);
  s.queried(owed);
  await s.minutes(2);
  await s.calledBack(owed, receipt, 2_109);
  const [row] = await stage.world.database.sql('select merged_into is not null as merged from deposits where id = $1', [told]);
  expect(row).toEqual({ merged: true });
  const answer = await post(`/api/deposits/${told}/take-back`, { reason: 'Look' });
  expect(answer).toMatchObject({ status: 409, code: 'deposit_not_refuted' });
  expect(JSON.stringify(answer)).toContain('both are the same money');
});

test('a notice that bears the reference of a prompt takes no place of a receipt that a list has proved for it', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(2_111);
  s.queried(owed);
  await s.minutes(1);
  const [listed, made] = [s.receipt(), s.receipt()];
  expect(await listByPull(stage, { receipt: listed, shillings: 2_111, phone: owed.phone })).toEqual([[listed, 'fills']]);
  await s.told(made, 2_111, owed.reference);
  await s.minutes(10);
  expect(await s.deposits(2_111)).toMatchObject([
    { receipt: listed, prompted: true, proved: true },
    { receipt: made, prompted: false, proved: false },
  ]);
  expect(await s.grown()).toEqual({ paybill_float: 2_111, donations: 2_111, paybill_told: 2_111, customer_credit: 2_111 });
});

test('what was taken back, and a list has after all, is the movement that it was booked as before', async () => {
  const s = await openScene(stage);
  const receipt = s.receipt();
  await s.told(receipt, 2_112, 'HELLO');
  await s.minutes(1);
  const id = await depositOf(receipt);
  await s.refute(receipt);
  expect(await s.takeBack(receipt)).toBe(200);
  expect(await listByPull(stage, { receipt, shillings: 2_112, typed: 'HELLO' })).toEqual([[receipt, 'arrives']]);
  expect(await depositOf(receipt)).not.toBe(id);
  expect(await stage.world.database.sql('select merged_into from deposits where id = $1', [id])).toEqual([
    { merged_into: await depositOf(receipt) },
  ]);
  expect(await s.grown()).toEqual({ paybill_float: 2_112, suspense: 2_112 });
});
