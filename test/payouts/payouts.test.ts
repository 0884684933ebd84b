import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { dispatchWithdrawal } from '#mpesa/payouts/dispatch-withdrawal.ts';
import { splitPayout } from '#mpesa/payouts/split-payout.ts';
import { newPhone, push } from '../world/checkout.ts';
import { sqlRequests } from '../world/count-requests.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

type Headers = { authorization: string };

let world: World;
let asker: Headers;
let approver: Headers;

beforeAll(async () => {
  world = await startWorld();
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  await fill(8);
});
afterAll(() => world.stop());

/** Customers fill the paybill: 200,000 shillings each. */
async function fill(customers: number): Promise<void> {
  for (let n = 0; n < customers; n++) {
    const phoneNumber = newPhone();
    world.simulator.control.setBalance(phoneNumber, 250_000);
    const { prompt } = await push(world, { phoneNumber, items: [{ sku: 'coffee', quantity: 160 }] });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
    await world.pass(1);
  }
}

const send = async (path: string, body: unknown, headers: Headers) => {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const ask = (amount: number, extra: Record<string, unknown> = {}) =>
  send('/api/payouts', { phoneNumber: newPhone(), amount, reason: 'Supplier', ...extra }, asker);
const approve = (payoutId: unknown, by: Headers = approver) => send(`/api/payouts/${payoutId}/decision`, {}, by);
const stateOf = async (payoutId: unknown) => {
  const rows = await world.database.sql<{ state: string; parts: string[]; receipts: number }>(
    `select p.state, array_agg(w.state order by w.part) as parts, count(w.receipt)::int as receipts from payouts p left join withdrawals w on w.payout_id = p.id
     where p.id = $1 group by p.state`,
    [payoutId],
  );
  return rows[0];
};

async function paid(amount: number, plan?: Parameters<World['simulator']['control']['plan']>[0], minutes = 3): Promise<unknown> {
  const { body } = await ask(amount);
  if (plan) world.simulator.control.plan(plan);
  await approve(body.payoutId);
  await world.pass(minutes);
  return body.payoutId;
}

async function expectBooksToBalance(): Promise<void> {
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
}

test('a payout is asked for, approved, sent and paid, and the float is what Safaricom says', async () => {
  const payoutId = await paid(5_000);
  expect(await stateOf(payoutId)).toEqual({ state: 'paid', parts: ['paid'], receipts: 1 });
  await expectBooksToBalance();
});

test('above the limit a second person has to approve; nobody decides twice; a declined one never moves', async () => {
  const { body } = await ask(20_000);
  expect(await approve(body.payoutId, asker)).toMatchObject({ status: 403, body: { code: 'second_person_needed' } });
  expect((await approve(body.payoutId)).status).toBe(200);
  expect(await approve(body.payoutId)).toMatchObject({ status: 409, body: { code: 'payout_decided' } });
  const small = await ask(500);
  expect((await approve(small.body.payoutId, asker)).status).toBe(200);
  const declined = await ask(700);
  await send(`/api/payouts/${declined.body.payoutId}/decision`, { decision: 'decline' }, approver);
  await world.pass(3);
  expect(await stateOf(declined.body.payoutId)).toEqual({ state: 'declined', parts: [null], receipts: 0 });
  await expectBooksToBalance();
});

test('the same request twice is one payout and the same bytes; another body with its key is refused', async () => {
  const body = { phoneNumber: newPhone(), amount: 1_000, reason: 'Supplier' };
  const headers = { ...asker, 'idempotency-key': 'payout-number-one' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => world.send('POST', '/api/payouts', { body, headers })));
  const texts = await Promise.all(answers.map((answer) => answer.text()));
  expect([new Set(texts).size, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([201])]);
  expect(answers.filter((answer) => answer.headers.get('idempotent-replayed'))).toHaveLength(7);
  expect((await world.send('POST', '/api/payouts', { body: { ...body, amount: 2_000 }, headers })).status).toBe(422);
});

test('two people approve at once, ten times each: it is paid once', async () => {
  const { body } = await ask(3_000);
  const before = BigInt(world.simulator.control.truth().sentCents);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => approve(body.payoutId, n % 2 ? asker : approver)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  await world.pass(3);
  expect(BigInt(world.simulator.control.truth().sentCents) - before).toBe(300_000n);
});

test('what is not promised yet has to suffice, also when many are approved at once', async () => {
  const { floatCents } = await booksBalance(world);
  const third = Number(floatCents / 100n / 3n);
  const asked = await Promise.all(Array.from({ length: 5 }, () => ask(third)));
  const answers = await Promise.all(asked.map(({ body }) => approve(body.payoutId)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(answers.filter(({ body }) => body.code === 'insufficient_float')).toHaveLength(2);
  await world.pass(4);
  await expectBooksToBalance();
  await fill(8);
});

test('more than 250,000 goes out in parts and is paid when all of them are', async () => {
  const { body } = await ask(600_005);
  expect(body.parts).toEqual([250_000, 250_000, 100_005]);
  await approve(body.payoutId);
  await world.pass(4);
  const outcome = await stateOf(body.payoutId);
  expect(['paid', 'partly_paid']).toContain(outcome?.state); // the recipient's own daily limit is 500,000
  await expectBooksToBalance();
});

describe('pays exactly once', () => {
  test.each([
    ['the queue times out and it is paid all the same', { timedOut: true, lateMs: 120_000 }],
    ['the answer to the request is lost', { responseLost: true }],
    ['the request is answered with a 500 but taken', { responseError: true }],
    ['the result is lost', { lost: true }],
    ['the result comes three times', { copies: 3 }],
    ['the result overtakes the answer', { resultFirst: true }],
  ])('when %s', async (_, plan) => {
    const before = BigInt(world.simulator.control.truth().sentCents);
    const payoutId = await paid(1_000, { api: 'b2c', next: 1, ...plan }, 25);
    expect(await stateOf(payoutId)).toMatchObject({ state: 'paid' });
    expect(BigInt(world.simulator.control.truth().sentCents) - before).toBe(100_000n);
    await expectBooksToBalance();
  });

  test.each(['throttled', 'server-error', 'drop-after', 'drop-before', 'waf'] as const)(
    'when Safaricom fails with %s twice',
    async (fault) => {
      const before = BigInt(world.simulator.control.truth().sentCents);
      world.simulator.control.fault({ api: 'b2c', fault, times: 2 });
      const payoutId = await paid(1_000, undefined, 25);
      expect(await stateOf(payoutId)).toMatchObject({ state: 'paid' });
      expect(BigInt(world.simulator.control.truth().sentCents) - before).toBe(100_000n);
      await expectBooksToBalance();
    },
  );
});

test('a time-out of the queue is not a failure: the money stays reserved until the result or the status tells', async () => {
  const payoutId = await paid(1_000, { api: 'b2c', next: 1, timedOut: true, lateMs: 600_000, lost: true }, 2);
  expect(await stateOf(payoutId)).toMatchObject({ state: 'approved', parts: ['unknown'] });
  expect(
    await world.database.sql('select t.kind from transfers t join withdrawals w on w.id::text = t.source_id where w.payout_id = $1', [
      payoutId,
    ]),
  ).toEqual([{ kind: 'payout_reserve' }]);
  await world.pass(25);
  expect(await stateOf(payoutId)).toMatchObject({ state: 'paid' });
  await expectBooksToBalance();
});

test.each([
  ['with a page of its own (404)', { fault: 'waf', status: 404 }],
  ['as one too many', { fault: 'throttled' }],
] as const)('a first try whose answer was lost may be paid, though the gateway refuses the second one %s', async (_, fault) => {
  const before = BigInt(world.simulator.control.truth().sentCents);
  const payoutId = await paid(1_000, { api: 'b2c', next: 1, timedOut: true, lateMs: 600_000, responseLost: true }, 1);
  expect(await stateOf(payoutId)).toMatchObject({ state: 'approved', parts: ['unknown'] });
  world.simulator.control.fault({ api: 'b2c', times: 1, ...fault });
  for (let minute = 0; minute < 4; minute++) {
    await world.pass(1);
    expect((await stateOf(payoutId))?.parts).not.toContainEqual(expect.stringMatching('reserved|rejected'));
    expect(await stateOf(payoutId)).toMatchObject({ state: 'approved' });
  }
  await world.pass(25);
  expect(await stateOf(payoutId)).toMatchObject({ state: 'paid' });
  expect(BigInt(world.simulator.control.truth().sentCents) - before).toBe(100_000n);
  await expectBooksToBalance();
});

test('a process that dies after the request was sent asks again with the same id, and it is paid once', async () => {
  const { body } = await ask(1_000);
  const before = BigInt(world.simulator.control.truth().sentCents);
  await approve(body.payoutId);
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  await world.pass(1);
  await world.database.sql(
    "update outbox set sent_at = null, due_at = $2 where message ->> 'withdrawalId' = (select id::text from withdrawals where payout_id = $1)",
    [body.payoutId, world.clock.now()],
  );
  await world.database.sql("update withdrawals set state = 'dispatched', conversation_id = null where payout_id = $1 and state <> 'paid'", [
    body.payoutId,
  ]);
  await world.pass(25);
  expect(await stateOf(body.payoutId)).toMatchObject({ state: 'paid' });
  expect(BigInt(world.simulator.control.truth().sentCents) - before).toBe(100_000n);
});

test('a payout that was rejected gives the money back to where it came from', async () => {
  const payoutId = await paid(1_000, { api: 'b2c', next: 1, outcome: 'not-registered' });
  expect(await stateOf(payoutId)).toMatchObject({ state: 'rejected' });
  const [reserve] = await world.database.sql<{ balance: string }>(
    "select coalesce(sum(case when credit_account = 'payout_reserve' then amount_cents else -amount_cents end), 0) as balance from transfers where 'payout_reserve' in (debit_account, credit_account)",
  );
  expect(reserve?.balance).toBe('0');
  await expectBooksToBalance();
});

test('a bank transfer is recorded with its reference, always by two people', async () => {
  const { body } = await send('/api/payouts', { amount: 1_000, reason: 'Rent', bankReference: 'FT26325XYZ' }, asker);
  expect((await approve(body.payoutId, asker)).status).toBe(403);
  expect(await approve(body.payoutId)).toMatchObject({ status: 200, body: { state: 'paid' } });
  await expectBooksToBalance();
});

test('a forged result costs no round trip and changes nothing; a replayed one changes nothing', async () => {
  const payoutId = await paid(1_000);
  const [row] = await world.database.sql<{ id: string; receipt: string }>('select id, receipt from withdrawals where payout_id = $1', [
    payoutId,
  ]);
  const path = (kind: 'b2c' | 'stk') =>
    `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, kind, row?.id ?? '')}/result`;
  const failed = JSON.stringify({
    Result: {
      ResultType: 0,
      ResultCode: 2001,
      ResultDesc: 'x',
      OriginatorConversationID: row?.id,
      ConversationID: 'AG_1',
      TransactionID: 'SG20000000',
    },
  });
  await world.settled();
  const before = sqlRequests();
  expect((await world.send('POST', path('stk'), { body: failed, patient: false })).status).toBe(404);
  expect(sqlRequests() - before).toBe(0); // before the answer
  expect((await world.send('POST', path('b2c'), { body: failed })).status).toBe(200);
  expect(await stateOf(payoutId)).toMatchObject({ state: 'paid' });
  expect(await world.database.sql('select kind from reviews where subject = $1', [row?.id])).toEqual([{ kind: 'payout_contradicts' }]);
});

test('approving costs one round trip beside the session, a result one', async () => {
  const { body } = await ask(1_000);
  await world.database.resetRoundTrips();
  await approve(body.payoutId);
  expect(await world.database.roundTrips()).toBe(2);
  await world.pass(3);
});

test('a dispatch costs two round trips, before and after Safaricom', async () => {
  const { body } = await ask(1_000);
  await approve(body.payoutId);
  const [row] = await world.database.sql<{ id: string }>('select id from withdrawals where payout_id = $1', [body.payoutId]);
  await world.database.resetRoundTrips();
  await dispatchWithdrawal(world.app, { kind: 'dispatch_withdrawal', withdrawalId: row?.id ?? '' });
  expect(await world.database.roundTrips()).toBe(2);
  await world.pass(3);
  expect(await stateOf(body.payoutId)).toMatchObject({ state: 'paid' });
});

test('a result costs one round trip, the first and a duplicate', async () => {
  const payoutId = await paid(1_000);
  const [row] = await world.database.sql<{ id: string }>('select id from withdrawals where payout_id = $1', [payoutId]);
  const path = `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', row?.id ?? '')}`;
  for (const end of ['result', 'result', 'timeout']) {
    await world.settled();
    await world.database.resetRoundTrips();
    expect((await world.send('POST', `${path}/${end}`, { body: '{}' })).status).toBe(200);
    expect(await world.database.roundTrips()).toBe(1);
  }
  expect(await stateOf(payoutId)).toMatchObject({ state: 'paid' });
});

test('a result with another amount is kept, books nothing and asks a person; the status then tells the truth', async () => {
  const edits = [{ find: '"TransactionAmount","Value":1000', replace: '"TransactionAmount","Value":900' }];
  const payoutId = await paid(1_000, { api: 'b2c', next: 1, bodyEdits: edits }, 2);
  expect(await stateOf(payoutId)).toMatchObject({ state: 'approved', receipts: 0 });
  const kinds = 'select r.kind from reviews r join withdrawals w on w.id::text = r.subject where w.payout_id = $1';
  expect(await world.database.sql(kinds, [payoutId])).toEqual([{ kind: 'payout_amount_differs' }]);
  await world.pass(20);
  expect(await stateOf(payoutId)).toMatchObject({ state: 'paid', receipts: 1 });
  await expectBooksToBalance();
});

test('a result that comes again, even long after, changes nothing', async () => {
  const payoutId = await paid(1_000);
  const row = () =>
    world.database.sql<{ id: string; conversation_id: string }>('select * from withdrawals where payout_id = $1', [payoutId]);
  const before = await row();
  await world.clock.advance(3_600_000);
  await world.simulator.control.redeliverResult(before[0]?.conversation_id ?? '');
  await world.settled();
  expect(await row()).toEqual(before);
});

test('64 identical results at once pay once', async () => {
  const payoutId = await paid(1_000, { api: 'b2c', next: 1, lost: true }, 1);
  const [row] = await world.database.sql<{ id: string; conversation_id: string }>('select * from withdrawals where payout_id = $1', [
    payoutId,
  ]);
  await world.clock.advance(10_000);
  await Promise.all(Array.from({ length: 64 }, () => world.simulator.control.redeliverResult(row?.conversation_id ?? '')));
  await world.settled();
  expect(await stateOf(payoutId)).toMatchObject({ state: 'paid', receipts: 1 });
  const booked = await world.database.sql('select kind from transfers where source_id = $1 order by kind', [row?.id]);
  expect(booked).toEqual([{ kind: 'payout_paid' }, { kind: 'payout_reserve' }]);
  expect(await world.database.sql("select count(*)::int as n from evidence where subject_id = $1 and source = 'b2c'", [row?.id])).toEqual([
    { n: 1 },
  ]);
  await expectBooksToBalance();
});

test('a payout splits into payments that M-PESA takes, and they add up', () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 10_000_000 }), (shillings) => {
      const parts = splitPayout(BigInt(shillings) * 100n);
      expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(BigInt(shillings) * 100n);
      for (const part of parts) expect(part >= 1_000n && part <= 25_000_000n && part % 100n === 0n).toBe(true);
    }),
    { seed: 7, examples: [[250_001], [250_009], [250_010], [500_001], [10]] },
  );
});

test('an initiator that Safaricom refuses stops the queue before it is locked, and a person is told', async () => {
  world.simulator.control.plan({ api: 'b2c', next: 1, outcome: 'initiator-invalid' });
  const first = await paid(1_000);
  expect(await stateOf(first)).toMatchObject({ state: 'rejected' });
  const { payoutId: second } = (await ask(1_000)).body;
  // who approves is told that it does not leave yet
  expect((await approve(second)).body).toMatchObject({ state: 'approved', waits: expect.stringContaining('payouts_stopped') });
  await world.pass(3);
  expect(await stateOf(second)).toMatchObject({ parts: ['reserved'] });
  expect(await world.database.sql("select kind from reviews where kind = 'payouts_stopped' and closed_at is null")).toHaveLength(1);
  await world.database.sql('delete from stops');
  await world.pass(8);
  expect(await stateOf(second)).toMatchObject({ state: 'paid' });
});
