import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newPhone, push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';
import { addressOf, startAsking, tripsOf, verdictsOn, whileLocked } from './asking.ts';

let world: World;
let treasurer: Awaited<ReturnType<typeof startAsking>>;
let paid: Awaited<ReturnType<typeof paidOnce>>;
beforeAll(async () => {
  world = await startWorld();
  treasurer = await startAsking(world);
  paid = await paidOnce();
});
afterAll(() => world.stop());

const plan = (changes: object) => world.simulator.control.plan({ api: 'transactionstatus', next: 1, ...changes });
const lastRequest = () => world.simulator.control.requests().find(({ api }) => api === 'transactionstatus');
const bookings = async () => (await world.database.sql<{ n: number }>('select count(*)::int as n from transfers'))[0]?.n;

/** A payment that was made and told, with its receipt. */
async function paidOnce() {
  const { prompt, paymentId, body } = await push(world);
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.clock.advance(10_000);
  await world.settled();
  const [deposit] = await world.database.sql<{ receipt: string }>('select receipt from deposits where payment_id = $1', [paymentId]);
  return { receipt: deposit?.receipt ?? '', reference: body.reference, paymentId };
}

async function asked(which: object = { receipt: paid.receipt }) {
  const { status, body } = await treasurer.ask(which);
  expect([status, body]).toEqual([202, { inquiryId: expect.any(String), state: 'asked' }]);
  return String(body.inquiryId);
}

const answer = async (ms = 10_000) => {
  await world.clock.advance(ms);
  await world.settled();
};

describe('a question about a transaction', () => {
  test('is answered with what became of it, with masked parties, and books nothing', async () => {
    const before = await bookings();
    const id = await asked();
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'asked', receipt: paid.receipt, answer: null });
    await answer();
    const { status, body } = await treasurer.read(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      state: 'answered',
      quarantinedAnswers: 0,
      answer: {
        outcome: 'completed',
        status: 'Completed',
        mpesaReceiptNumber: paid.receipt,
        amount: 1250,
        debitParty: { maskedPhone: expect.stringMatching(/^07•• ••• \d{3}$/), name: expect.stringMatching(/^(\S\. ?)*$/) },
        creditParty: { shortcode: '174379', name: 'Duka la Kahawa' },
        related: [{ what: 'booked', reference: paid.reference, status: 'paid', amountAgrees: true }],
        advice: ['The money moved and is booked.'],
      },
    });
    expect(JSON.stringify(body)).not.toMatch(/2547\d{8}/);
    expect(await bookings()).toBe(before);
  });

  test('is written before Safaricom hears of it: an answer that overtakes the response is taken', async () => {
    plan({ resultFirst: true });
    const id = await asked();
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'answered', answer: { outcome: 'completed' } });
  });

  test('whose response is lost or broken is still answered', async () => {
    for (const broken of [{ responseLost: true }, { responseError: true }]) {
      plan(broken);
      const id = await asked();
      await answer();
      expect((await treasurer.read(id)).body).toMatchObject({ state: 'answered' });
    }
  });

  test('that Safaricom gave up on is timed out, which proves nothing, and a late answer is taken', async () => {
    plan({ timedOut: true, lateMs: 120_000 });
    const id = await asked();
    await answer();
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'timed_out', answer: null });
    await answer(130_000);
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'answered', answer: { outcome: 'completed' } });
    expect(await verdictsOn(world, id)).toEqual(['unclear', 'answers']);
  });

  test('a time-out after the answer changes nothing', async () => {
    const id = await asked();
    await answer();
    await world.send('POST', addressOf(world, 'transaction-status', id, 'timeout'), { body: '{}' });
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'answered' });
  });

  test('a body that looks like a success is none at the time-out address', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    await world.send('POST', addressOf(world, 'transaction-status', id, 'timeout'), { body: lastRequest()?.result ?? '' });
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'timed_out', answer: null });
  });

  test('whose answer is lost counts as timed out after a quarter of an hour', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer(14 * 60_000);
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'asked' });
    await answer(2 * 60_000);
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'timed_out', answer: null });
  });

  test('about a transaction that Safaricom does not know proves nothing', async () => {
    const id = await asked({ receipt: 'UKL9NOBODY' });
    await answer();
    expect((await treasurer.read(id)).body).toMatchObject({
      state: 'answered',
      answer: {
        outcome: 'unclear',
        resultCode: 'SFC_IC0003',
        explanation: expect.stringMatching(/does not know this transaction/),
        related: [],
      },
    });
  });

  test('keeps the words encrypted, and no log names the payer', async () => {
    const id = await asked();
    await answer();
    const [kept] = await world.database.sql<{ body: string }>('select body from evidence where subject_id = $1', [id]);
    expect(kept?.body).toMatch(/^v1\.k1\./);
    const [row] = await world.database.sql<{ debit_party: string }>('select debit_party from inquiries where id = $1', [id]);
    expect(row?.debit_party).toMatch(/^v1\.k1\./);
    expect(world.logLines.join('\n')).not.toMatch(/2547\d{8}/);
  });
});

describe('an answer', () => {
  test('costs one round trip, as does its duplicate, a late one and a time-out; a forged one none', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    const body = lastRequest()?.result ?? '';
    const path = addressOf(world, 'transaction-status', id);
    expect(await tripsOf(world, path, body)).toEqual({ status: 200, trips: 1 });
    expect(await tripsOf(world, path, body)).toEqual({ status: 200, trips: 1 });
    expect(await tripsOf(world, addressOf(world, 'transaction-status', id, 'timeout'), '{}')).toEqual({ status: 200, trips: 1 });
    const token = path.split('/').at(-2) ?? '';
    const forged = `${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`;
    for (const wrong of [
      path.replace(token, forged),
      path.replace(token, 'short'),
      path.replace('/transaction-status/', '/account-balance/'),
      path.replace(token, addressOf(world, 'account-balance', id).split('/').at(-2) ?? ''),
    ])
      expect(await tripsOf(world, wrong, body)).toEqual({ status: 404, trips: 0 });
  });

  test('that comes many times at once is taken once', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    const body = lastRequest()?.result ?? '';
    const path = addressOf(world, 'transaction-status', id);
    const statuses = await Promise.all(
      Array.from({ length: 16 }, async () => (await world.send('POST', path, { body, patient: false })).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await verdictsOn(world, id)).toHaveLength(1);
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'answered', answer: { outcome: 'completed' } });
  });

  test('that says something else at the same time is quarantined', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    const body = lastRequest()?.result ?? '';
    const other = body.replace('"Completed"', '"Declined"');
    expect(other).not.toBe(body);
    const path = addressOf(world, 'transaction-status', id);
    const answers = await whileLocked(world, id, () =>
      [body, other].map((each) => world.send('POST', path, { body: each, patient: false })),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await verdictsOn(world, id)).sort()).toEqual(['answers', 'contradicts']);
  });

  test('to another question is quarantined here, also while this one knows no conversation yet', async () => {
    const first = await asked();
    await answer();
    const foreign = lastRequest()?.result ?? '';
    for (const changes of [{ lost: true }, { lost: true, responseLost: true }]) {
      plan(changes);
      const id = await asked();
      await answer();
      expect(await tripsOf(world, addressOf(world, 'transaction-status', id), foreign)).toEqual({ status: 200, trips: 1 });
      expect((await treasurer.read(id)).body).toMatchObject({ state: 'asked', answer: null, quarantinedAnswers: 1 });
      expect(await verdictsOn(world, id)).toEqual(['other_conversation']);
    }
    expect((await treasurer.read(first)).body).toMatchObject({ state: 'answered', quarantinedAnswers: 0 });
  });

  test('of a conversation that nobody here had is quarantined', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    const body = (lastRequest()?.result ?? '').replace(
      /"ConversationID":"AG_[^"]*"/,
      '"ConversationID":"AG_20261121_00000000000000000000"',
    );
    await world.send('POST', addressOf(world, 'transaction-status', id), { body });
    expect(await verdictsOn(world, id)).toEqual(['other_conversation']);
  });

  test('that names another receipt than was asked about is quarantined', async () => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    const body = (lastRequest()?.result ?? '').replace(`"${paid.receipt}"`, '"UKL1OTHER1"');
    await world.send('POST', addressOf(world, 'transaction-status', id), { body });
    expect(await verdictsOn(world, id)).toEqual(['other_transaction']);
    expect((await treasurer.read(id)).body).toMatchObject({ answer: null });
  });

  test('that contradicts the first does not replace it, and is shown', async () => {
    const id = await asked();
    await answer();
    const path = addressOf(world, 'transaction-status', id);
    const body = lastRequest()?.result ?? '';
    await world.send('POST', path, { body: body.replace(/"Key":"Amount","Value":\d+/, '"Key":"Amount","Value":999999') });
    await world.send('POST', path, { body: body.replace('"Completed"', '"Declined"') });
    expect(await verdictsOn(world, id)).toEqual(['answers', 'contradicts', 'contradicts']);
    expect((await treasurer.read(id)).body).toMatchObject({ quarantinedAnswers: 2, answer: { outcome: 'completed', amount: 1250 } });
  });

  test.each([
    ['nothing', ''],
    ['no JSON', '<html>'],
    ['an empty object', '{}'],
    ['a list', '[]'],
    ['deep nonsense', `${'['.repeat(5000)}${']'.repeat(5000)}`],
    ['a result without a code', '{"Result":{"ResultParameters":{"ResultParameter":[{"Key":"TransactionStatus","Value":"Completed"}]}}}'],
  ])('of %s is kept and answers nothing', async (_, body) => {
    plan({ lost: true });
    const id = await asked();
    expect((await tripsOf(world, addressOf(world, 'transaction-status', id), body)).status).toBe(200);
    expect(await verdictsOn(world, id)).toEqual(['unclear']);
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'asked', answer: null });
  });

  test.each([
    ['a type trick', (body: string) => body.replace(/"Key":"Amount","Value":\d+/, '"Key":"Amount","Value":[1250]')],
    [
      'the amount twice',
      (body: string) => body.replace(/\{"Key":"Amount","Value":\d+\}/, '{"Key":"Amount","Value":1250},{"Key":"Amount","Value":1}'),
    ],
    ['an unknown status', (body: string) => body.replace('"Completed"', '"Perfect"')],
  ])('with %s proves nothing, and a sound one that follows is taken', async (_, tamper) => {
    plan({ lost: true });
    const id = await asked();
    await answer();
    const path = addressOf(world, 'transaction-status', id);
    const body = lastRequest()?.result ?? '';
    await world.send('POST', path, { body: tamper(body) });
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'answered', answer: { outcome: 'unclear' } });
    await world.send('POST', path, { body });
    expect((await treasurer.read(id)).body).toMatchObject({ state: 'answered', answer: { outcome: 'completed', amount: 1250 } });
  });
});

describe('a payment that nobody believed or told of', () => {
  /** Paid at Safaricom, and only the given thing is known here. */
  async function paidUnheard(callback: object) {
    const phoneNumber = newPhone();
    world.simulator.control.plan({ phone: phoneNumber, delayMs: 1_000, ...callback });
    const { paymentId } = await push(world, { phoneNumber });
    await answer(5_000);
    const { receipt } = world.simulator.control.prompts()[0] ?? {};
    return { paymentId, receipt: receipt ?? '' };
  }

  test('is shown with its open prompt, and stays as it is', async () => {
    const { paymentId, receipt } = await paidUnheard({ lost: true });
    const id = await asked({ receipt });
    await answer(3_000);
    const { body } = await treasurer.read(id);
    expect(body.answer).toMatchObject({
      related: [{ what: 'unresolved', amountAgrees: true }],
      advice: [expect.stringContaining('attempt_unresolved')],
    });
    expect(await world.database.sql('select 1 from deposits where payment_id = $1', [paymentId])).toEqual([]);
  });

  test('is shown with the deposit whose receipt it is', async () => {
    const { paymentId, receipt } = await paidUnheard({ lost: true });
    await world.clock.advance(20_000);
    await world.send('GET', `/api/payments/${paymentId}`); // the poll learns of it by query, without a receipt
    const id = await asked({ receipt });
    await answer(3_000);
    const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where payment_id = $1 and receipt is null', [
      paymentId,
    ]);
    expect((await treasurer.read(id)).body.answer).toMatchObject({
      related: [{ what: 'without_receipt', subject: deposit?.id }],
      advice: [expect.stringContaining('receipt_missing')],
    });
  });

  test('is shown with the task of its quarantined success', async () => {
    const { receipt } = await paidUnheard({ bodyEdits: [{ find: '1250.00', replace: '1.00' }] });
    const id = await asked({ receipt });
    await answer(3_000);
    expect((await treasurer.read(id)).body.answer).toMatchObject({
      related: [{ what: 'quarantined' }],
      advice: [expect.stringContaining('was not believed')],
    });
  });

  test('that nothing here names is said to be a stranger', async () => {
    const { receipt } = await paidUnheard({ lost: true });
    await world.database.sql("update attempts set created_at = created_at - interval '1 hour'");
    const id = await asked({ receipt });
    await answer(3_000);
    expect((await treasurer.read(id)).body.answer).toMatchObject({
      related: [],
      advice: [expect.stringContaining('nothing in our books names it')],
    });
  });
});

describe('who may ask, and what', () => {
  test.each([
    {},
    { receipt: 'UKL7XYZ123', originatorConversationId: 'a' },
    { receipt: 'x' },
    { receipt: "'; drop table inquiries" },
    { originatorConversationId: 'a b' },
    { receipt: 'UKL7XYZ123', shortcode: '600000' },
  ])('%j is refused', async (body) => {
    expect(await treasurer.ask(body)).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  });

  test('a visitor may neither ask nor read, nor may a key without the right', async () => {
    const id = await asked();
    const other = await operator(world, 'payments:read');
    for (const [headers, status] of [
      [{}, 401],
      [other, 403],
    ] as const) {
      expect((await world.send('POST', '/api/transaction-status', { body: { receipt: paid.receipt }, headers })).status).toBe(status);
      expect((await world.send('GET', `/api/transaction-status/${id}`, { headers })).status).toBe(status);
    }
  });

  test('a question that does not exist, or is one about balances, is not found', async () => {
    const { body } = await treasurer.askBalance();
    for (const id of ['01930000-0000-7000-8000-000000000001', body.inquiryId])
      expect(await treasurer.read(id)).toMatchObject({ status: 404, body: { code: 'inquiry_not_found' } });
  });

  test('asking stands on the audit trail with who asked', async () => {
    const id = await asked();
    const [row] = await world.database.sql<{ actor: string; action: string }>('select actor, action from audit where subject = $1', [id]);
    expect(row).toEqual({ actor: expect.stringMatching(/^key:|^person:|^api/), action: 'transaction_status_asked' });
  });
});
