import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTask } from '#ground/tasks/open-tasks.ts';
import type { TaskKind } from '#ground/tasks/task-kinds.ts';
import { confirm, newReceipt, noticeBody, register } from '../paybill/paybill.ts';
import { fill, post } from '../payouts/bulk.ts';
import { callbackBody, latestAttempt, newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

type Reported = Record<string, unknown> & { receipts: string[] };

let world: World;
let treasurer: { authorization: string };

beforeAll(async () => {
  world = await startWorld();
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
});
afterAll(() => world.stop());

async function reportedOf(kind: TaskKind, subject: string): Promise<Reported[]> {
  const [row] = await world.database.sql<{ id: string }>('select id from reviews where kind = $1 and subject = $2', [kind, subject]);
  const answer = await world.send('GET', `/api/tasks/${row?.id}`, { headers: treasurer });
  return ((await answer.json()) as { reported: Reported[] }).reported;
}

test('a success of another amount: the code and amount that the callback named can be read, and only the end of the phone', async () => {
  const { paymentId, prompt } = await push(world);
  if (!prompt) throw new Error('There is no prompt.');
  const attempt = await latestAttempt(world, paymentId);
  const body = callbackBody(prompt, { receipt: 'UKL1234567', amount: 7 });
  expect((await world.send('POST', attempt.path, { body })).status).toBe(200);
  const reported = await reportedOf('evidence_amount_differs', attempt.id);
  expect(reported).toContainEqual(
    expect.objectContaining({
      source: 'callback',
      receipts: ['UKL1234567'],
      amount: 7,
      maskedPhone: expect.stringMatching(/^0[17]•• ••• \d{3}$/),
    }),
  );
  expect(JSON.stringify(reported)).not.toMatch(/254\d{9}/);
});

test('a result of a payout with two codes: both can be read, by the id of the part and by that of the payout', async () => {
  await fill(world, 1);
  const approver = await signedIn(world, 'admin');
  const { body } = await post(world, '/api/payouts', { phoneNumber: newPhone(), amount: 300, reason: 'Supplier' }, treasurer);
  await post(world, `/api/payouts/${body.payoutId}/decision`, {}, approver);
  await world.pass(2);
  const [part] = await world.database.sql<{ id: string }>('select id from withdrawals where payout_id = $1', [body.payoutId]);
  const result = {
    ...{ ResultCode: 0, ResultDesc: 'x', ConversationID: 'AG_1', OriginatorConversationID: part?.id, TransactionID: 'UKL0000001' },
    ResultParameters: {
      ResultParameter: [
        { Key: 'TransactionAmount', Value: 300 },
        { Key: 'TransactionReceipt', Value: 'UKL0000002' },
      ],
    },
  };
  const { settleB2cResult } = await import('#mpesa/payouts/settle-b2c-result.ts');
  await settleB2cResult(world.app, part?.id ?? '', JSON.stringify({ Result: result }));
  const now = world.clock.now();
  for (const [kind, subject] of [
    ['payout_two_receipts', part?.id ?? ''],
    ['payout_contradicts', String(body.payoutId)],
  ] as const) {
    await openTask(world.app.db, { kind, subject, openedAt: now });
    expect(await reportedOf(kind, subject)).toContainEqual(
      expect.objectContaining({ source: 'b2c', receipts: ['UKL0000002', 'UKL0000001'], amount: 300 }),
    );
  }
});

test('two notices of one code: both are there, the first too, with what was typed, and the second says otherwise', async () => {
  const receipt = newReceipt(world.clock.now());
  const notice = { TransID: receipt, TransAmount: '700' };
  await confirm(world, noticeBody({ ...notice, BillRefNumber: 'SHAMBA', MSISDN: '2547 ***** 126' }));
  await confirm(world, noticeBody({ ...notice, BillRefNumber: 'SHAMBA 2', MSISDN: '2547 ***** 999' }));
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  const said = await reportedOf('receipt_told_twice', deposit?.id ?? '');
  expect(said).toMatchObject([
    { says: expect.stringContaining('otherwise than the first one'), receipts: [receipt], typedReference: 'SHAMBA 2' },
    { says: 'A paybill notice reports money that came.', receipts: [receipt], amount: 700, typedReference: 'SHAMBA' },
  ]);
});

test('a notice of another amount than the books have, which belongs to no money: it is there beside the first', async () => {
  const receipt = newReceipt(world.clock.now());
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '700', BillRefNumber: 'SHAMBA' }));
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '900', BillRefNumber: 'SHAMBA' }));
  expect((await reportedOf('evidence_amount_differs', receipt)).map(({ amount }) => amount).sort()).toEqual([700, 900]);
});

test('of notices of one moment each task shows its own: nobody sees the code of another customer', async () => {
  const { settleConfirmation } = await import('#mpesa/paybill/settle-confirmation.ts');
  const at = world.clock.now();
  const told = (receipt: string, amount: string) =>
    settleConfirmation({ ...world.app, clock: { now: () => at } }, noticeBody({ TransID: receipt, TransAmount: amount }));
  const receipts = [newReceipt(at), newReceipt(at), newReceipt(at)];
  for (const receipt of receipts) await told(receipt, '700');
  for (const receipt of receipts) await told(receipt, '900');
  for (const receipt of receipts) {
    const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
    await openTask(world.app.db, { kind: 'receipt_told_twice', subject: deposit?.id ?? '', openedAt: at });
    const own = await reportedOf('receipt_told_twice', deposit?.id ?? '');
    expect(own.map((each) => [each.receipts, each.amount])).toContainEqual([[receipt], 700]);
    const differs = await reportedOf('evidence_amount_differs', receipt);
    expect(differs.map(({ amount }) => amount).sort()).toEqual([700, 900]);
    expect([...own, ...differs].flatMap((each) => each.receipts).filter((each) => each !== receipt)).toEqual([]);
  }
});

test('the notice of a deposit that has lost its code, of before evidence named codes, is shown only where no other came at that moment', async () => {
  const { settleConfirmation } = await import('#mpesa/paybill/settle-confirmation.ts');
  const { firstNoticeSql } = await import('#desk/deposits/first-notice.ts');
  const { sql } = await import('drizzle-orm');
  const firstOf = async (receipt: string) =>
    (await world.app.db.execute(sql`select ${firstNoticeSql(sql`n.id`)} is not null as found from deposits d where d.receipt = ${receipt}`))
      .rows;
  const tell = (receipt: string, at: Date) =>
    settleConfirmation({ ...world.app, clock: { now: () => at } }, noticeBody({ TransID: receipt, TransAmount: '40' }));
  const [alone, one, other] = [newReceipt(world.clock.now()), newReceipt(world.clock.now()), newReceipt(world.clock.now())];
  await tell(alone, world.clock.now());
  const at = new Date(world.clock.now().getTime() + 7);
  for (const receipt of [one, other]) await tell(receipt, at);
  await world.database.sql(`alter table evidence disable trigger evidence_is_kept`);
  await world.database.sql(
    `update evidence e set id = new_id_1(), receipt = null from deposits d where d.id = e.id and d.receipt = any($1)`,
    [[alone, one, other]],
  );
  await world.database.sql(`alter table evidence enable trigger evidence_is_kept`);
  expect(await firstOf(alone)).toEqual([{ found: true }]);
  expect(await firstOf(one)).toEqual([{ found: false }]);
  expect(await firstOf(other)).toEqual([{ found: false }]);
});

test('a task that compares nothing has nothing reported', async () => {
  await openTask(world.app.db, { kind: 'job_failed', subject: 'resolve', openedAt: world.clock.now() });
  expect(await reportedOf('job_failed', 'resolve')).toEqual([]);
});
