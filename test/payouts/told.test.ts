import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { tellSettledPayout } from '#mpesa/payouts/tell-settled-payout.ts';
import { newPhone, push } from '../world/checkout.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';

type Headers = { authorization: string };

let world: World;
let asker: Headers;
let approver: Headers;
const alerts: string[] = [];
const webhook = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    alerts.push((JSON.parse(body) as { text: string }).text);
    response.end();
  });
});

beforeAll(async () => {
  await new Promise<void>((ready) => webhook.listen(0, '127.0.0.1', ready));
  world = await startWorld({ environment: { ALERT_WEBHOOK_URL: `http://127.0.0.1:${(webhook.address() as AddressInfo).port}` } });
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  await buy(20);
});
afterAll(async () => {
  await world.stop();
  webhook.closeAllConnections();
  webhook.close();
});

async function buy(quantity = 1): Promise<string> {
  const { paymentId, prompt } = await push(world, { items: [{ sku: 'coffee', quantity }] });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  return paymentId;
}
const send = async (path: string, body: unknown, headers: Headers) => {
  const response = await world.send('POST', path, { body, headers });
  return (await response.json()) as Record<string, unknown>;
};
const approve = (payoutId: unknown) => send(`/api/payouts/${payoutId}/decision`, {}, approver);
const tasks = (payoutId: unknown) =>
  world.database.sql("select closed_at is null as open from reviews where kind = 'payout_rejected' and subject = $1", [payoutId]);
const trail = (payoutId: unknown) =>
  world.database.sql<{ action: string; after: Record<string, unknown> }>(
    "select action, after from audit where subject = $1 and actor = 'safaricom' order by id",
    [payoutId],
  );

/** A payout whose only part M-PESA takes, so that no result has come, and what it calls it. */
async function told(payoutId: unknown, code: number): Promise<void> {
  const [row] = await world.database.sql<{ id: string; conversation_id: string }>(
    'select id, conversation_id from withdrawals where payout_id = $1',
    [payoutId],
  );
  const says = {
    ...{ ResultType: 0, ResultCode: code, ResultDesc: 'x', OriginatorConversationID: row?.id, ConversationID: row?.conversation_id },
    TransactionID: 'SG20000000',
  };
  const path = `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', row?.id ?? '')}/result`;
  await world.send('POST', path, { body: { Result: says } });
}

test("a payment, a refund and a reversal that are rejected are a task, an alert and on the trail, with Safaricom's code in words", async () => {
  world.simulator.control.plan({ api: 'b2c', next: 2, outcome: 'not-registered' });
  world.simulator.control.plan({ api: 'reversal', next: 1, outcome: 'status-forbids' });
  const bought = [await buy(), await buy()];
  const asked = [
    await send('/api/payouts', { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' }, asker),
    await send('/api/refunds', { paymentId: bought[0], amount: 500, reason: 'Returned' }, asker),
    await send('/api/refunds', { paymentId: bought[1], reason: 'Returned' }, asker),
  ];
  for (const { payoutId } of asked) await approve(payoutId);
  await world.pass(6);
  for (const { payoutId } of asked) {
    expect(await tasks(payoutId)).toEqual([{ open: true }]);
    const [line, ...more] = await trail(payoutId);
    expect(more).toEqual([]);
    expect(line).toMatchObject({ action: 'payout_rejected', after: { parts: 1, paid: 0, rejected: 1 } });
    expect(alerts.filter((text) => text.includes(String(payoutId)))).toHaveLength(1);
  }
  const [payment] = await trail(asked[0]?.payoutId);
  expect(payment?.after).toMatchObject({ codes: ['2040'], why: ['Safaricom says 2040: this phone is not on M-PESA.'] });
  expect(alerts.find((text) => text.includes(String(asked[0]?.payoutId)))).toMatch(
    /KES 1,000 of payout PO-\w+ did not leave. Safaricom says 2040: this phone is not on M-PESA\./,
  );
  const [task] = await world.database.sql<{ words: string }>("select words from reviews where kind = 'payout_rejected' and subject = $1", [
    asked[0]?.payoutId,
  ]);
  expect(task?.words).toMatch(/^KES 1,000 of payout PO-\w+ did not leave. Safaricom says 2040: this phone is not on M-PESA\.$/);
  const listed = (await (await world.send('GET', '/api/payouts', { headers: asker })).json()) as {
    payouts: { payoutId: string; parts: unknown }[];
  };
  expect(listed.payouts.find(({ payoutId }) => payoutId === asked[0]?.payoutId)?.parts).toMatchObject([
    { state: 'rejected', resultCode: '2040', why: 'Safaricom says 2040: this phone is not on M-PESA.' },
  ]);
});

test('one that is paid is on the trail once, however often it is told, and is no task', async () => {
  const { payoutId } = await send('/api/payouts', { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' }, asker);
  await approve(payoutId);
  await world.pass(3);
  const message = { kind: 'payout_settled' as const, payoutId: String(payoutId), parts: 1, paid: 1, rejected: 0 };
  await Promise.all([tellSettledPayout(world.app, message), tellSettledPayout(world.app, message)]);
  expect(await trail(payoutId)).toMatchObject([{ action: 'payout_paid', after: { paid: 1, rejected: 0 } }]);
  expect(await tasks(payoutId)).toEqual([]);
});

test('one that arrives after all closes its task, and the trail shows both; a closed task stays closed when the message comes again', async () => {
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  const { payoutId } = await send('/api/payouts', { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' }, asker);
  await approve(payoutId);
  await world.pass(1);
  await world.clock.advance(10_000);
  await told(payoutId, 2040);
  await world.pass(1);
  expect(await tasks(payoutId)).toEqual([{ open: true }]);
  const [row] = await world.database.sql<{ conversation_id: string }>('select conversation_id from withdrawals where payout_id = $1', [
    payoutId,
  ]);
  await world.simulator.control.redeliverResult(row?.conversation_id ?? '');
  await world.pass(2);
  expect(await tasks(payoutId)).toEqual([{ open: false }]);
  await tellSettledPayout(world.app, { kind: 'payout_settled', payoutId: String(payoutId), parts: 1, paid: 0, rejected: 1 });
  expect(await tasks(payoutId)).toEqual([{ open: false }]);
  expect((await trail(payoutId)).map(({ action, after }) => [action, after.late ?? false])).toEqual([
    ['payout_rejected', false],
    ['payout_paid', true],
  ]);
});

test.each([
  ['a payment', async () => ({ path: '/api/payouts', body: { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' } })],
  ['a refund', async () => ({ path: '/api/refunds', body: { paymentId: await buy(), amount: 500, reason: 'Returned' } })],
])('%s that was rejected, asked for again and paid closes its task; what is another one does not', async (_, asks) => {
  const { path, body } = await asks();
  world.simulator.control.plan({ api: 'b2c', next: 1, outcome: 'not-registered' });
  const payoutId = async (amount = body.amount) => {
    const asked = await send(path, { ...body, amount }, asker);
    await approve(asked.payoutId);
    await world.pass(4);
    return asked.payoutId;
  };
  const rejected = await payoutId();
  expect(await tasks(rejected)).toEqual([{ open: true }]);
  await payoutId(100);
  expect(await tasks(rejected)).toEqual([{ open: true }]);
  await payoutId();
  expect(await tasks(rejected)).toEqual([{ open: false }]);
});
