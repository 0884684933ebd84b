import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { confirm, newReceipt, noticeBody, payBill, register } from '../paybill/paybill.ts';
import { fill, post } from '../payouts/bulk.ts';
import { signedIn } from '../world/person.ts';
import { putRow } from '../world/put-row.ts';
import { startWorld, type World } from '../world/world.ts';

// Closing a task is one person's word: it opens no way for money.

let world: World;
let [treasurer, second]: { authorization: string }[] = [];

beforeAll(async () => {
  world = await startWorld();
  await register(world);
  [treasurer, second] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  await fill(world, 1);
});
afterAll(() => world.stop());

const ask = (path: string, body: object, by = treasurer) => post(world, path, body, by ?? { authorization: '' });
async function taskOf(kind: string, subject: string): Promise<string> {
  const [row] = await world.database.sql<{ id: string }>('select id from reviews where kind = $1 and subject = $2 and closed_at is null', [
    kind,
    subject,
  ]);
  return row?.id ?? '';
}
const close = (taskId: string) => ask(`/api/tasks/${taskId}/close`, { note: 'Looked at it' });

/** A refund of proved money that one person requests and approves alone. */
async function refundAlone(doubted: boolean) {
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 200 });
  await world.pass(5);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
    'receipt' in paid ? paid.receipt : '',
  ]);
  const depositId = deposit?.id ?? '';
  if (doubted) {
    await openTask(world.app.db, { kind: 'receipt_told_twice', subject: depositId, openedAt: world.clock.now() });
    expect(await close(await taskOf('receipt_told_twice', depositId))).toMatchObject({ status: 200 });
  }
  const { body } = await ask('/api/refunds', { depositId, reason: 'Sent by mistake' });
  return { payoutId: String(body.payoutId), alone: await ask(`/api/payouts/${body.payoutId}/decision`, {}) };
}

test('money whose doubt one person has closed leaves by a second person; undoubted money by one', async () => {
  expect((await refundAlone(false)).alone).toMatchObject({ status: 200 });
  const { payoutId, alone } = await refundAlone(true);
  expect(alone).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
  expect(await ask(`/api/payouts/${payoutId}/decision`, {}, second)).toMatchObject({ status: 200 });
});

test('the task of a notice that can be read by now is not closed, but retried; of one that never can it is', async () => {
  const quarantined = async (shortcode: string) => {
    const receipt = newReceipt();
    await confirm(world, noticeBody({ TransID: receipt, BusinessShortCode: shortcode, TransAmount: '980', BillRefNumber: 'SHAMBA' }));
    const [row] = await world.database.sql<{ id: string; subject: string }>(
      "select id, subject from reviews where kind = 'c2b_notice_quarantined' and closed_at is null order by opened_at desc, id desc limit 1",
    );
    return { taskId: row?.id ?? '', letterId: row?.subject ?? '', receipt };
  };
  const stranger = await quarantined('600778');
  expect(await close(stranger.taskId)).toMatchObject({ status: 200 });
  const ours = await quarantined('600777');
  world.app.config.paybill.shortcodes.push('600777');
  try {
    expect(await close(ours.taskId)).toMatchObject({ status: 409, body: { code: 'task_money_waits' } });
    expect(await ask(`/api/dead-letters/${ours.letterId}/retry`, {})).toMatchObject({ status: 200 });
    expect(await world.database.sql('select amount_cents::int as cents from deposits where receipt = $1', [ours.receipt])).toEqual([
      { cents: 98_000 },
    ]);
  } finally {
    world.app.config.paybill.shortcodes.pop();
  }
});

test('the task of a reversal that M-PESA calls done before stays open while the end of its payout is not known', async () => {
  const withdrawalId = await putRow(world.database, 'withdrawals', { state: 'unknown', amount_cents: 100 });
  await openTask(world.app.db, { kind: 'payout_already_reversed', subject: withdrawalId, openedAt: world.clock.now() });
  const taskId = await taskOf('payout_already_reversed', withdrawalId);
  expect(await close(taskId)).toMatchObject({ status: 409, body: { code: 'task_money_waits' } });
  expect(await taskOf('payout_already_reversed', withdrawalId)).toBe(taskId);
  await world.database.sql("update withdrawals set state = 'rejected' where id = $1", [withdrawalId]);
  expect(await close(taskId)).toMatchObject({ status: 200 });
});

test('the task of money that could not be allocated is not closed while it is in no book', async () => {
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 210 });
  await world.pass(3);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
    'receipt' in paid ? paid.receipt : '',
  ]);
  const depositId = deposit?.id ?? '';
  await openTask(world.app.db, { kind: 'allocation_failed', subject: depositId, openedAt: world.clock.now() });
  const [row] = await world.database.sql<{ at: string }>('select allocated_at::text as at from deposits where id = $1', [depositId]);
  await world.database.sql('update deposits set allocated_at = null where id = $1', [depositId]);
  const taskId = await taskOf('allocation_failed', depositId);
  expect(await close(taskId)).toMatchObject({ status: 409, body: { code: 'task_money_waits', detail: expect.stringContaining('retry') } });
  await world.database.sql('update deposits set allocated_at = $2 where id = $1', [depositId, row?.at]);
  expect(await close(taskId)).toMatchObject({ status: 200 });
});
