import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { fillFloat, type Stage, startStage } from '../../proof/stage.ts';
import { newPhones } from '../../proof/world-of-money.ts';
import { makeMember } from '../../world/lending.ts';
import { operator } from '../../world/operator.ts';
import { signedIn } from '../../world/person.ts';
import { openScene } from './scene.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
  await fillFloat(stage, 100_000);
});
afterAll(() => stage.stop());

test('15 a sale whose money was swapped can be refunded', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1401);
  const [hand, own] = [s.receipt(), s.receipt()];
  await s.told(hand, 1401, owed.reference, owed.phone, 'full');
  await s.minutes(6);
  await s.calledBack(owed, own, 1401);
  s.proves(hand, 1401, owed.phone);
  await s.minutes(20);
  const body = { paymentId: owed.paymentId, phoneNumber: owed.phone, reason: 'Test' };
  const response = await stage.world.send('POST', '/api/refunds', { body, headers: await signedIn(stage.world, 'treasurer') });
  expect({ status: response.status, text: await response.text() }).toMatchObject({ status: 201 });
});

test('16 the echo of a prompt without a reference, matched by a person to another order, and the query that answers late', async () => {
  const s = await openScene(stage);
  const [owed, other] = [await s.owe(1402), await s.owe(1402)];
  const r = s.receipt();
  const at = stage.world.clock.now();
  await s.told(r, 1402, '', owed.phone);
  await s.minutes(8);
  const [row] = await stage.world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [r]);
  const matched = await stage.world.send('POST', `/api/deposits/${row?.id}/match`, {
    body: { paymentId: other.paymentId },
    headers: await operator(stage.world, 'deposits:match'),
  });
  s.queried(owed);
  await s.minutes(10);
  s.proves(r, 1402, owed.phone, at);
  await s.minutes(90);
  expect({ matched: matched.status, grown: await s.grown() }).toMatchObject({ matched: 200, grown: { paybill_float: 1402 } });
});

test('17 a prompt for one account, whose receipt was told for another with another day: the money is where it was asked for', async () => {
  const s = await openScene(stage);
  const [mine, thief] = [await makeMember(stage.world), await makeMember(stage.world)];
  const phone = newPhones().customers[0] ?? '';
  const asked = await stage.world.send('POST', '/api/payments/stk-push', {
    body: { phoneNumber: phone, type: 'DEPOSIT', subject: mine.savingsReference, amount: 1403 },
    ip: '10.77.0.1',
  });
  const { paymentId, reference } = (await asked.json()) as { paymentId: string; reference: string };
  expect(asked.status).toBe(201);
  const prompt = stage.safaricom.prompts.find((each) => each.reference === reference);
  const [row] = await stage.world.database.sql<{ id: string }>('select latest_attempt_id as id from payments where id = $1', [paymentId]);
  const callbackPath = `/api/callbacks/stk/${makeCallbackToken(stage.world.app.config.callback.tokenKeys, 'stk', row?.id ?? '')}`;
  const owed = { paymentId, reference, attemptId: row?.id ?? '', checkoutRequestId: prompt?.checkoutRequestId ?? '', callbackPath, phone };
  const r = s.receipt();
  await s.told(r, 1403, thief.savingsReference, phone, 'masked', new Date(stage.world.clock.now().getTime() - 2 * 86_400_000));
  const status = await s.calledBack(owed, r, 1403);
  await s.minutes(3);
  const saved = async ({ accountId }: { accountId: string }) => {
    const rows = await stage.world.database.sql<{ n: number }>(
      'select coalesce(sum(amount_cents), 0)::int / 100 as n from transfers where credit_account = $1',
      [`savings:${accountId}`],
    );
    return rows[0]?.n;
  };
  expect({ status, mine: await saved(mine), thief: await saved(thief) }).toEqual({ status: 200, mine: 1403, thief: 0 });
});

test('18 what an earlier release booked and did not allocate is refuted before it is gathered', async () => {
  const s = await openScene(stage);
  const r = s.receipt();
  const { sql } = stage.world.database;
  const now = stage.world.clock.now().toISOString();
  await sql(
    "insert into deposits (id, source, receipt, amount_cents, settled_at, version, allocation_due_at) values (gen_random_uuid(), 'c2b', $1, 140400, $2, 1, null)",
    [r, now],
  );
  const [d] = await sql<{ id: string }>('select id from deposits where receipt = $1', [r]);
  await sql(
    "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values (gen_random_uuid(), 'mpesa_in', $1, 1, 'paybill_float', 'clearing', 140400, $2)",
    [d?.id, now],
  );
  await s.refute(r);
  await s.minutes(3);
  expect(await s.grown()).toEqual({});
});

test('20 told with another amount under an unknown word, refuted, taken back; then a pull has the true amount', async () => {
  const s = await openScene(stage);
  const r = s.receipt();
  await s.told(r, 5001, 'SCHOOL');
  await s.minutes(2);
  await s.refute(r);
  expect(await s.takeBack(r)).toBe(200);
  const now = stage.world.clock.now();
  const row = { receipt: r, amount: '140600', shortcode: stage.shortcode, prompts: true, times: [now.toISOString()] };
  await stage.world.database.sql("select * from settle_receipts_2('pull', $1::jsonb, $2)", [JSON.stringify([row]), now.toISOString()]);
  await s.minutes(3);
  expect(await s.grown()).toEqual({ paybill_float: 1406, suspense: 1406 });
});

test('19 two prompts of one payment paid, the first returned, its callback repeated and the second late', async () => {
  const s = await openScene(stage);
  const owed = await s.owe(1405);
  const r = s.receipt();
  await s.calledBack(owed, r, 1405);
  await s.minutes(2);
  expect(await s.giveBack(r, owed.phone)).toBe(200);
  await s.minutes(4);
  const again = [
    await s.calledBack(owed, r, 1405),
    await s.told(r, 1405, owed.reference, owed.phone),
    await s.told(s.receipt(), 1405, owed.reference, owed.phone),
  ];
  await s.minutes(3);
  expect({ again, payment: await s.payment(owed), grown: await s.grown() }).toMatchObject({
    again: [200, 200, 200],
    grown: { paybill_told: 1405, customer_credit: 1405 },
  });
});
