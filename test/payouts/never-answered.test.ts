import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { settleStatusResult } from '#mpesa/inquiries/settle-status-result.ts';
import { openTasks } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { fill, type Headers, post } from './bulk.ts';

let world: World;
let asker: Headers;
let approver: Headers;
beforeAll(async () => {
  world = await startWorld({ environment: { PAYOUT_ALONE_PER_DAY_SHILLINGS: '1000000', PAYOUT_ALONE_PER_PAYEE_SHILLINGS: '1000000' } });
  await fill(world, 1);
});
afterAll(() => world.stop());
beforeEach(async () => {
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
  await world.database.sql('update reviews set closed_at = now() where closed_at is null');
});

type Part = { id: string; state: string; receipt: string | null; conversationId: string; queryDueAt: string | null };
const partOf = async (payoutId: string) =>
  (
    await world.database.sql<Part>(
      'select id, state, receipt, conversation_id as "conversationId", query_due_at as "queryDueAt" from withdrawals where payout_id = $1',
      [payoutId],
    )
  )[0] as Part;
const answersStatus = (lost: boolean) => world.simulator.control.plan({ api: 'transactionstatus', ...(lost && { lost }) });

/** A payout that was approved and sent. */
async function payout(amount: number, plan: object, phoneNumber = newPhone()) {
  world.simulator.control.plan({ api: 'b2c', next: 1, ...plan });
  const { body } = await post(world, '/api/payouts', { phoneNumber, amount, reason: 'Supplier' }, asker);
  const payoutId = String(body.payoutId);
  expect(await post(world, `/api/payouts/${payoutId}/decision`, {}, approver)).toMatchObject({ status: 200 });
  await world.pass(1);
  return { payoutId, phoneNumber, amount, ...(await partOf(payoutId)) };
}
type Sent = Awaited<ReturnType<typeof payout>>;

/** One that M-PESA took and never made, and about which it has answered nothing for a day. */
async function unanswered(amount: number): Promise<Sent> {
  answersStatus(true);
  const sent = await payout(amount, { outcome: 'dropped' });
  for (let question = 0; question < 9; question++) {
    await world.clock.advance(3 * 3_600_000); // as rarely as the ladder asks after its first hour
    await world.pass(1);
  }
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'admin')];
  expect(await partOf(sent.payoutId)).toMatchObject({ state: 'dispatched', queryDueAt: null });
  return sent;
}

const taskOf = async (kind: string, subject: string) => {
  const [row] = await world.database.sql<{ id: string }>('select id from reviews where kind = $1 and subject = $2 and closed_at is null', [
    kind,
    subject,
  ]);
  const response = await world.send('GET', `/api/tasks/${row?.id}`, { headers: asker });
  return (await response.json()) as { taskId: string; actions: { path: string; send?: Record<string, string> }[] };
};
const sendAgain = ({ payoutId }: Sent) => post(world, `/api/payouts/${payoutId}/send-again`, { reason: 'Not on the statement' }, approver);
/** Safaricom answers about it that it has no such payment. */
const knowsNothing = (id: string, conversation: string) =>
  world.send(
    'POST',
    `/api/callbacks/withdrawal-status/${makeCallbackToken(world.app.config.callback.tokenKeys, 'withdrawal-status', id)}/result`,
    {
      body: {
        Result: {
          ...{ ResultType: 0, ResultCode: 'SFC_IC0003', ResultDesc: 'The operator does not exist.', TransactionID: 'UKL0000000' },
          ...{ OriginatorConversationID: conversation, ConversationID: conversation },
        },
      },
    },
  );

describe('a payout about which Safaricom has never answered', () => {
  test('is asked about again when it is to be sent again, as often as it takes, and ends as Safaricom says', async () => {
    const sent = await unanswered(510);
    const reserved = (await balances(world.app.db)).payout_reserve;
    expect(await sendAgain(sent)).toMatchObject({ status: 200, body: { sent: 0, asked: 1 } });
    await world.pass(2);
    answersStatus(false);
    expect(await sendAgain(sent)).toMatchObject({ status: 200, body: { sent: 0, asked: 1 } });
    await world.pass(2);
    expect(await partOf(sent.payoutId)).toMatchObject({ id: sent.id, state: 'rejected' }); // it had expired there
    expect((await balances(world.app.db)).payout_reserve).toBe((reserved ?? 0n) - 51_000n);
    expect(await openTasks(world)).not.toHaveProperty('payout_unresolved');
  });

  test('is sent again only after two answers, four minutes apart, that M-PESA knows nothing of it', async () => {
    const sent = await unanswered(520);
    await knowsNothing(sent.id, 'AG_1');
    expect(await sendAgain(sent)).toMatchObject({ status: 200, body: { sent: 0, asked: 1 } });
    await knowsNothing(sent.id, 'AG_2');
    expect(await sendAgain(sent)).toMatchObject({ status: 200, body: { sent: 0, asked: 1 } });
    await world.clock.advance(4 * 60_000);
    await knowsNothing(sent.id, 'AG_3');
    const tried = (at: Date | null) => world.database.sql('update withdrawals set tried_at = $2 where id = $1', [sent.id, at]);
    await tried(new Date(world.clock.now().getTime() + 1)); // what was said before it was last sent says nothing of that
    expect(await sendAgain(sent)).toMatchObject({ status: 200, body: { sent: 0, asked: 1 } });
    await tried(null);
    expect(await sendAgain(sent)).toMatchObject({ status: 200, body: { sent: 1, asked: 0 } });
  });

  test('an answer that cannot be settled is not recorded either: when it comes again, both are done', async () => {
    const sent = await unanswered(525);
    answersStatus(true);
    expect(await post(world, '/api/transaction-status', { originatorConversationId: sent.id }, asker)).toMatchObject({ status: 202 });
    await world.settled();
    const [inquiry] = await world.database.sql<{ id: string; conversationId: string }>(
      'select id, conversation_id as "conversationId" from inquiries where originator_conversation_id = $1',
      [sent.id],
    );
    const answer = JSON.stringify({
      Result: {
        ...{ ResultType: 0, ResultCode: 0, ResultDesc: 'Done', TransactionID: 'UKL0000000', OriginatorConversationID: 'q' },
        ...{ ConversationID: inquiry?.conversationId },
        ResultParameters: {
          ResultParameter: [
            { Key: 'TransactionStatus', Value: 'Expired' },
            { Key: 'OriginatorConversationID', Value: sent.id },
            { Key: 'ConversationID', Value: sent.conversationId },
          ],
        },
      },
    });
    const state = async () => (await world.database.sql('select state from inquiries where id = $1', [inquiry?.id]))[0];
    await world.database.sql('alter function settle_withdrawal_4 rename to settle_withdrawal_away');
    await expect(settleStatusResult(world.app, inquiry?.id ?? '', answer)).rejects.toThrow();
    await world.database.sql('alter function settle_withdrawal_away rename to settle_withdrawal_4');
    expect(await state()).toEqual({ state: 'asked' });
    expect(await settleStatusResult(world.app, inquiry?.id ?? '', answer)).toMatchObject({ verdict: 'answers' });
    expect([await state(), await partOf(sent.payoutId)]).toMatchObject([{ state: 'answered' }, { state: 'rejected' }]);
  });

  test('is asked about by the link of its task, and what Safaricom answers is booked', async () => {
    const sent = await unanswered(530);
    const { actions } = await taskOf('payout_unresolved', sent.id);
    const ask = actions.find(({ path }) => path === '/api/transaction-status');
    expect(ask?.send).toEqual({ originatorConversationId: sent.id });
    answersStatus(false);
    expect(await post(world, '/api/transaction-status', ask?.send, asker)).toMatchObject({ status: 202 });
    await world.pass(2);
    expect(await partOf(sent.payoutId)).toMatchObject({ state: 'rejected' });
    expect(await openTasks(world)).not.toHaveProperty('payout_unresolved');
  });

  test('within a day it is under way, and is not sent again', async () => {
    answersStatus(true);
    expect(await sendAgain(await payout(540, { lost: true }))).toMatchObject({ status: 409, body: { code: 'payout_not_unknown' } });
  });
});

/** Safaricom's result, with an amount and a code of somebody's choosing, or that it failed. */
async function result({ id, conversationId, phoneNumber }: Sent, code: number, parameters: object = {}, receipt = 'UKLFIRST11') {
  const said = { TransactionReceipt: receipt, ReceiverPartyPublicName: `${phoneNumber} - WANJIKU`, ...parameters };
  const Result = {
    ...{
      ResultType: 0,
      ResultCode: code,
      ResultDesc: 'x',
      OriginatorConversationID: id,
      ConversationID: conversationId,
      TransactionID: receipt,
    },
    ...(code === 0 && { ResultParameters: { ResultParameter: Object.entries(said).map(([Key, Value]) => ({ Key, Value })) } }),
  };
  const address = `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', id)}/result`;
  expect((await world.send('POST', address, { body: { Result } })).status).toBe(200);
}

test.each(['payout_amount_differs', 'payout_receipt_used'] as const)('%s closes when the status says that it was paid', async (kind) => {
  answersStatus(false);
  const other = await payout(430, {});
  await world.pass(1);
  const mine = await payout(430, { lost: true });
  const used = kind === 'payout_receipt_used' ? ((await partOf(other.payoutId)).receipt ?? '') : undefined;
  await result(mine, 0, { TransactionAmount: used ? 430 : 999 }, used);
  expect(await openTasks(world)).toEqual({ [kind]: 1 });
  await world.pass(5);
  expect(await partOf(mine.payoutId)).toMatchObject({ state: 'paid' });
  expect(await openTasks(world)).toEqual({});
});

describe('a payout that M-PESA rejected, and paid after all', () => {
  const rejected = async (amount: number) => {
    const sent = await payout(amount, { lost: true });
    await world.clock.advance(10_000);
    await result(sent, 2040);
    await world.pass(1);
    expect(await partOf(sent.payoutId)).toMatchObject({ state: 'rejected' });
    return sent;
  };
  const arrives = async ({ conversationId }: Sent) => {
    await world.simulator.control.redeliverResult(conversationId);
    await world.settled();
    await world.pass(1);
  };

  test('is paid, and nobody has to do anything where nothing waits in its place', async () => {
    const sent = await rejected(610);
    await arrives(sent);
    expect(await partOf(sent.payoutId)).toMatchObject({ state: 'paid' });
    expect(await openTasks(world)).not.toHaveProperty('payout_paid_late');
  });

  test('is a task while another waits in its place, and closes when that is declined', async () => {
    const sent = await rejected(620);
    const { phoneNumber, amount } = sent;
    const { body } = await post(world, '/api/payouts', { phoneNumber, amount, reason: 'Supplier, again' }, asker);
    await arrives(sent);
    await world.pass(2);
    expect(await openTasks(world)).toHaveProperty('payout_paid_late', 1);
    const decide = (decision: object) => post(world, `/api/payouts/${body.payoutId}/decision`, decision, approver);
    expect(await decide({})).toMatchObject({
      ...{ status: 409, body: { code: 'payout_under_way', detail: expect.stringContaining('payout_paid_late') } },
    });
    const task = await taskOf('payout_paid_late', sent.id);
    expect(task.actions).toContainEqual(
      expect.objectContaining({ path: `/api/payouts/${body.payoutId}/decision`, send: { decision: 'decline' } }),
    );
    expect(await decide({ decision: 'decline' })).toMatchObject({ status: 200 });
    await world.pass(1);
    expect(await openTasks(world)).not.toHaveProperty('payout_paid_late');
  });

  test('another debt to the same phone is approved once a person has closed the task', async () => {
    const sent = await rejected(640);
    const { phoneNumber } = sent;
    const { body } = await post(world, '/api/payouts', { phoneNumber, amount: 250, reason: 'Another delivery' }, asker);
    await arrives(sent);
    await world.pass(2);
    const { taskId } = await taskOf('payout_paid_late', sent.id);
    expect(await post(world, `/api/tasks/${taskId}/close`, { note: 'It is for another delivery' }, approver)).toMatchObject({
      status: 200,
    });
    expect(await post(world, `/api/payouts/${body.payoutId}/decision`, {}, approver)).toMatchObject({ status: 200 });
    await world.pass(2);
  });

  test('is a task that stays where another of the same amount was paid meanwhile: both have left', async () => {
    const sent = await rejected(660);
    const { phoneNumber, amount } = sent;
    const { body } = await post(world, '/api/payouts', { phoneNumber, amount, reason: 'Supplier, again' }, asker);
    expect(await post(world, `/api/payouts/${body.payoutId}/decision`, {}, approver)).toMatchObject({ status: 200 });
    await world.pass(2);
    await arrives(sent);
    await world.pass(3);
    expect(await openTasks(world)).toHaveProperty('payout_paid_late', 1);
    const { taskId } = await taskOf('payout_paid_late', sent.id);
    expect(await post(world, `/api/tasks/${taskId}/close`, { note: 'They returned one in cash' }, approver)).toMatchObject({ status: 200 });
    await world.pass(1);
    expect(await openTasks(world)).not.toHaveProperty('payout_paid_late');
  });
});

test('payouts_stopped is closed by starting them, and by hand in no way while they are stopped', async () => {
  expect(await post(world, '/api/payouts/stop', { reason: 'A count is made' }, approver)).toMatchObject({ status: 200 });
  const { taskId } = await taskOf('payouts_stopped', 'by_hand');
  const close = () => post(world, `/api/tasks/${taskId}/close`, { note: 'Looked at it' }, approver);
  expect(await close()).toMatchObject({
    status: 409,
    body: { code: 'payouts_stopped', detail: expect.stringContaining('/api/payouts/start') },
  });
  expect(await openTasks(world)).toHaveProperty('payouts_stopped', 1);
  expect(await post(world, '/api/payouts/start', { reason: 'It is done' }, approver)).toMatchObject({ status: 200 });
  expect(await openTasks(world)).not.toHaveProperty('payouts_stopped');
  expect(await close()).toMatchObject({ status: 409, body: { code: 'task_closed' } });
});
