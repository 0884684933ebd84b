import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhone } from '../world/checkout.ts';
import { makeLoan } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, newReceipt, noticeBody, openTasks, register, tellsNow } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());

const retry = async () => {
  const response = await world.send('POST', '/api/paybill/retry-notices', { body: {}, headers: await operator(world, 'deposits:match') });
  return response.json();
};
const stands = (receipt: string) =>
  world.database.sql('select shortcode, amount_cents::int as cents from deposits where receipt = $1', [receipt]);

test('a notice about a number that is ours after all is booked when it is read again, once, and its task closes', async () => {
  const receipt = newReceipt();
  const body = noticeBody({ TransID: receipt, BusinessShortCode: '600777', TransAmount: '980.50' });
  await confirm(world, body);
  await confirm(world, 'nobody can read this');
  expect(await openTasks(world)).toMatchObject({ c2b_notice_quarantined: 2 });
  expect(await retry()).toMatchObject({ read: 2, settled: 0 });
  world.app.config.paybill.shortcodes.push('600777');
  expect(await retry()).toMatchObject({ read: 2, settled: 1 });
  expect(await retry()).toMatchObject({ read: 1, settled: 0, more: false });
  expect(await stands(receipt)).toEqual([{ shortcode: '600777', cents: 98_050 }]);
  expect(await openTasks(world)).toMatchObject({ c2b_notice_quarantined: 1 });
  const [account] = await world.database.sql("select parent from accounts where id = 'paybill_told:600777'");
  expect(account).toEqual({ parent: 'paybill_told' });
});

test('many unreadable notices raise no more than twenty alarms', async () => {
  for (let n = 0; n < 30; n++) await confirm(world, `junk ${n}`);
  const [alarms] = await world.database.sql(
    "select count(*)::int as n from outbox o join reviews r on o.dedupe_key = 'alert:' || r.id where r.kind = 'c2b_notice_quarantined'",
  );
  const [tasks] = await world.database.sql(
    "select count(*)::int as n from reviews where kind = 'c2b_notice_quarantined' and closed_at is null",
  );
  expect([alarms, tasks]).toEqual([{ n: 21 }, { n: 31 }]);
});

test('those that nobody can read do not stand in the way of a later one', async () => {
  for (let n = 0; n < 230; n++) await confirm(world, `more junk ${n}`);
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, BusinessShortCode: '600778' }));
  world.app.config.paybill.shortcodes.push('600778');
  expect(await retry()).toMatchObject({ settled: 1, more: false });
  expect(await stands(receipt)).toHaveLength(1);
});

test('a receipt whose amount cannot be read is asked about, booked when Safaricom proves it, and its task closes', async () => {
  world.simulator.control.outage({ what: ['confirmation'], forMs: 60_000 });
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 321, account: 'NOBODY' });
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const body = noticeBody({ TransID: receipt, TransAmount: '3,21' });
  await confirm(world, body);
  const before = (await openTasks(world)).c2b_notice_quarantined ?? 0;
  expect(await retry()).toMatchObject({ settled: 0, asked: 1 });
  expect(await stands(receipt)).toEqual([]);
  await world.pass(2);
  expect(await stands(receipt)).toEqual([{ shortcode: world.app.config.mpesa.shortcode, cents: 32_100 }]);
  expect(await retry()).toMatchObject({ booked: 1, asked: 0 });
  expect((await openTasks(world)).c2b_notice_quarantined).toBe(before - 1);
});

test('a notice that is read again is dated by M-PESA, within reason of when it came, not of when it is read', async () => {
  const loan = await makeLoan(world);
  const paidAt = world.clock.now();
  const told = tellsNow(world);
  await confirm(world, noticeBody({ ...told, BusinessShortCode: '600779', TransAmount: '500.00', BillRefNumber: loan.reference }));
  await world.clock.advance(6 * 86_400_000);
  world.app.config.paybill.shortcodes.push('600779');
  expect(await retry()).toMatchObject({ settled: 1 });
  const [dated] = await world.database.sql<{ moved_at: Date; received_at: Date }>(
    'select d.moved_at, r.received_at from deposits d join repayments r on r.deposit_id = d.id where d.receipt = $1',
    [told.TransID],
  );
  const second = new Date(Math.floor(paidAt.getTime() / 1_000) * 1_000);
  expect(dated).toEqual({ moved_at: second, received_at: second });
});

test.each([
  ['another amount', { TransAmount: '900.00' }, 'evidence_amount_differs'],
  ['another payer', { MSISDN: '2547 ***** 999' }, 'receipt_told_twice'],
])('a notice that is read again and names %s than was told opens the task that it would have opened, once', async (_, says, kind) => {
  const told = tellsNow(world);
  await confirm(world, noticeBody(told));
  await confirm(world, noticeBody({ ...told, ...says, BusinessShortCode: '600780' }));
  const before = (await openTasks(world))[kind] ?? 0;
  world.app.config.paybill.shortcodes.push('600780');
  expect(await retry()).toMatchObject({ settled: 1 });
  expect((await openTasks(world))[kind]).toBe(before + 1);
  await world.database.sql('update reviews set closed_at = now() where kind = $1 and closed_at is null', [kind]);
  await confirm(world, noticeBody({ ...told, ...says, BusinessShortCode: '600780' }));
  expect(await openTasks(world)).not.toHaveProperty(kind);
  world.app.config.paybill.shortcodes.pop();
});
