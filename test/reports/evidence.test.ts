import { afterAll, beforeAll, expect, test } from 'vitest';
import { settleReceipts } from '#mpesa/payments/settle-receipts.ts';
import { confirm, newReceipt, noticeBody, payBill, register, tellsNow } from '../paybill/paybill.ts';
import { callbackBody, latestAttempt, newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { countAll } from './count-all.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_PULL: 'on', MPESA_PULL_NUMBER: '254712345678' } });
  expect((await register(world)).status).toBe(200);
  await world.app.daraja.registerPull({ phone: '254712345678', callbackUrl: `${world.siteUrl}/api/health` });
});
afterAll(() => world.stop());

const report = async (query = '') => {
  await countAll(world);
  const response = await world.send('GET', `/api/reports/evidence${query}`, { headers: await signedIn(world, 'treasurer') });
  return { status: response.status, text: await response.text() };
};
const json = async (query = '') => JSON.parse((await report(query)).text) as Record<string, unknown>;

test('a day without money has no rate', async () => {
  expect(await json()).toMatchObject({ from: '2026-10-23', to: '2026-11-21', days: [], total: { movements: 0, recoveredPercent: null } });
});

test('each movement is counted once, by what told of it first and by what proved it, and the rate is of what no message told', async () => {
  const told = await push(world); // by its callback
  await world.simulator.control.answer(told.prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(10_000);
  await world.settled();
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await push(world, { phoneNumber: '254711111119' }); // its callback is lost, and so is its notice: a query tells
  await world.pass(3);
  await payBill(world, { account: 'SHAMBA', amountShillings: 310 }); // by a notice, proved by its status
  await world.pass(6);
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 320, account: 'SHAMBA' }); // by the pull
  await world.pass(17);
  const line = { receipt: newReceipt(), amountCents: 33_000n, typedReference: 'SHAMBA', shortcode: '174379', prompts: true };
  await settleReceipts({ db: world.app.db, now: world.clock.now() }, 'statement', [{ ...line, times: [world.clock.now()], payer: {} }]);
  await confirm(world, noticeBody({ ...tellsNow(world), TransAmount: '12.00', BillRefNumber: 'SHAMBA' })); // a lie: nothing proves it

  const answer = await json();
  expect(answer.days).toEqual([
    {
      on: '2026-11-21',
      movements: 6,
      amount: 1250 + 1250 + 310 + 320 + 330 + 12,
      toldBy: { callback: 1, notice: 2, query: 1, status: 0, pull: 1, statement: 1, person: 0 },
      provedBy: { callback: 1, query: 1, status: 1, pull: 1, statement: 1, pull_or_statement: 0 },
      unproved: 1,
      missed: 3,
      recovered: 2,
      recoveredPercent: 66.66,
    },
  ]);
  expect(answer.total).toMatchObject({ movements: 6, missed: 3, recovered: 2 });
});

test('days are Nairobi’s, and what is asked is bounded', async () => {
  await world.clock.advance(12 * 3_600_000); // 22 November, 01:00 in Nairobi
  await confirm(world, noticeBody({ ...tellsNow(world), TransAmount: '13.00', BillRefNumber: 'SHAMBA' }));
  expect((await json('?from=2026-11-22&to=2026-11-22')).days).toMatchObject([{ on: '2026-11-22', movements: 1, amount: 13 }]);
  expect((await json('?from=2026-11-20&to=2026-11-20')).days).toEqual([]);
  expect((await report('?from=2026-11-22&to=2026-11-21')).status).toBe(400);
  expect((await report('?from=2025-10-17&to=2026-11-21')).status).toBe(400); // 401 days
  expect((await report('?from=2025-10-18&to=2026-11-21')).status).toBe(200);
  expect((await report('?from=yesterday')).status).toBe(400);
});

test('CSV has a line for each day', async () => {
  const { text } = await report('?format=csv');
  const [head, ...days] = text.trim().split('\n');
  expect(head).toBe(
    'on,movements,amount,told_by_callback,told_by_notice,told_by_query,told_by_status,told_by_pull,told_by_statement,told_by_person,proved_by_callback,proved_by_query,proved_by_status,proved_by_pull,proved_by_statement,proved_by_pull_or_statement,unproved,missed,recovered,recovered_percent',
  );
  expect(days).toEqual(['2026-11-21,6,3472,1,2,1,0,1,1,0,1,1,1,1,1,0,1,3,2,66.66', '2026-11-22,1,13,0,1,0,0,0,0,0,0,0,0,0,0,0,1,0,0,']);
});

test('what a query or the pull found before its callback or notice came is not missed, and what proved it first stays', async () => {
  await world.clock.advance(24 * 3_600_000);
  world.simulator.control.plan({ api: 'c2b', next: 1, lost: true });
  const { prompt, paymentId } = await push(world, { phoneNumber: '254711111119' }); // its callback is lost
  if (!prompt) throw new Error('Not prompted.');
  await world.pass(3); // a query tells
  const { path } = await latestAttempt(world, paymentId);
  const pulled = 'UKNAB12345';
  const line = { receipt: pulled, amountCents: 44_000n, typedReference: 'SHAMBA', shortcode: '174379', prompts: true };
  await settleReceipts({ db: world.app.db, now: world.clock.now() }, 'pull', [{ ...line, times: [world.clock.now()], payer: {} }]);
  const late = await payBill(world, { account: 'SHAMBA', amountShillings: 450 });
  expect('receipt' in late).toBe(true);
  await world.pass(6); // proved by its status
  const day = '?from=2026-11-23&to=2026-11-23';
  const before = (await json(day)).total as object;
  expect(before).toMatchObject({ movements: 3, missed: 2, recovered: 2 });
  const proofs = { provedBy: { query: 1, status: 1, pull: 1, callback: 0 } };
  expect(before).toMatchObject(proofs);

  await confirm(world, noticeBody({ ...tellsNow(world), TransID: pulled, TransAmount: '440.00', BillRefNumber: 'SHAMBA' }));
  expect((await json(day)).total).toMatchObject({ ...proofs, missed: 1, recovered: 1 });
  const body = callbackBody(prompt, { receipt: 'UKNAB12346' }).replace('20261121120030', '20261123043000');
  expect((await world.send('POST', path, { body })).status).toBe(200);
  expect((await json(day)).total).toMatchObject({ ...proofs, missed: 0, recovered: 0, recoveredPercent: null });
  const { movements } = (await json(day)).total as { movements: number };
  // what was given back in the portal, and taken back for it, came nevertheless; a lie did not
  await world.database.sql('update deposits set taken_back_at = $2 where receipt = $1', [pulled, world.clock.now().toISOString()]);
  expect((await json(day)).total).toMatchObject({ movements });
  await world.database.sql('update deposits set confirmed_at = null where receipt = $1', [pulled]);
  expect((await json(day)).total).toMatchObject({ movements: movements - 1 });
});

test('a callback that comes after a status answer has not proved what that had proved', async () => {
  await world.clock.advance(24 * 3_600_000);
  const { prompt, paymentId } = await push(world, { phoneNumber: newPhone() }); // nobody answers it
  if (!prompt) throw new Error('Not prompted.');
  await world.pass(10);
  const { path } = await latestAttempt(world, paymentId);
  const [payment] = await world.database.sql<{ reference: string }>('select reference from payments where id = $1', [paymentId]);
  const paid = await payBill(world, { account: payment?.reference ?? '', amountShillings: prompt.amountShillings });
  await world.pass(6); // proved by its status
  const told = { provedBy: { status: 1, callback: 0 }, toldBy: { notice: 1 } };
  expect((await json('?from=2026-11-24&to=2026-11-24')).total).toMatchObject(told);
  const receipt = 'receipt' in paid ? paid.receipt : '';
  const body = callbackBody(prompt, { receipt }).replace('20261121120030', '20261124050000');
  expect((await world.send('POST', path, { body })).status).toBe(200);
  const [late] = await world.database.sql("select verdict from evidence where source = 'callback' order by received_at desc limit 1");
  expect(late).toEqual({ verdict: 'pays' });
  expect((await json('?from=2026-11-24&to=2026-11-24')).total).toMatchObject(told);
});
