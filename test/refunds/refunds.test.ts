import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { splitByWeights } from '#ground/money/cents.ts';
import { splitRefund } from '#shop/invoices/split-refund.ts';
import { deposits, openTasks, register } from '../paybill/paybill.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

type Headers = { authorization: string };

const NAMES = { refund: 'Given back', 'refund-donation': 'Gift given back' };
let world: World;
let asker: Headers;
let approver: Headers;

beforeAll(async () => {
  world = await startWorld();
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  await buy(); // so that the float can carry a refund while another one is on its way
});
afterAll(() => world.stop());

async function buy(body: Record<string, unknown> = {}): Promise<string> {
  const { paymentId, prompt } = await push(world, {
    items: [{ sku: 'coffee' }, { sku: 'mug' }, { sku: 'maize' }],
    email: 'achieng@example.com',
    ...body,
  });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  return paymentId;
}

const send = async (path: string, body: unknown, headers: Headers) => {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const refund = (body: Record<string, unknown>) => send('/api/refunds', { reason: 'Returned', ...body }, asker);
const approve = (payoutId: unknown) => send(`/api/payouts/${payoutId}/decision`, {}, approver);
async function refunded(body: Record<string, unknown>, minutes = 5) {
  const asked = await refund(body);
  expect(asked.status).toBe(201);
  expect((await approve(asked.body.payoutId)).status).toBe(200);
  await world.pass(minutes);
  return asked.body;
}
async function expectBooksToBalance(): Promise<void> {
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
  const { refunds, payout_reserve } = await balances(world.app.db);
  expect({ refunds, payout_reserve }).toEqual({ refunds: 0n, payout_reserve: 0n });
}

test('a whole payment is reversed on the rail: the payment is reversed, sales and VAT are as before, and a credit note goes out', async () => {
  const before = await balances(world.app.db);
  const paymentId = await buy();
  await world.inbox.clear();
  expect(await refunded({ paymentId })).toMatchObject({ method: 'reversal' });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed' });
  const after = await balances(world.app.db);
  expect([after.sales, after.vat_payable, after.rounding]).toEqual([before.sales, before.vat_payable, before.rounding]);
  const [mail, ...more] = world.inbox.messages();
  expect(mail?.subject).toContain('CRN-2026-');
  expect(more).toEqual([]);
  const [reversal] = await world.database.sql<{ receipt: string }>(
    "select receipt from withdrawals where state = 'paid' order by id desc limit 1",
  );
  expect(mail?.text).toContain('We have sent your money back.');
  expect(mail?.text).toContain(`M-PESA code: ${reversal?.receipt}`); // not the code of what was paid
  await expectBooksToBalance();
});

test('a part is sent back by B2C: the payment is refunded, and the credit note is for that part', async () => {
  const paymentId = await buy();
  expect(await refunded({ paymentId, amount: 1_000 })).toMatchObject({ method: 'b2c' });
  expect(await statusOf(world, paymentId)).toMatchObject({
    ...{ status: 'refunded', refundedAmount: 1000, customerMessage: 'KES 1,000 of this payment was refunded.' },
  });
  expect(
    await world.database.sql(
      "select (total_cents + rounding_cents)::int as cents from invoices where payment_id = $1 and kind = 'credit_note'",
      [paymentId],
    ),
  ).toEqual([{ cents: 100_000 }]);
  await expectBooksToBalance();
});

test('parts never add up to more than was paid, also when ten are asked for at once', async () => {
  const paymentId = await buy(); // 2,351 shillings
  const answers = await Promise.all(Array.from({ length: 10 }, () => refund({ paymentId, amount: 500 })));
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(4);
  expect(answers.filter(({ body }) => body.code === 'refund_too_large')).toHaveLength(6);
  expect((await refund({ paymentId, method: 'reversal' })).status).toBe(422);
});

test('the same refund asked for twice with its key is one refund', async () => {
  const paymentId = await buy();
  const headers = { ...asker, 'idempotency-key': `refund-of-${paymentId}` };
  const ask = () => world.send('POST', '/api/refunds', { body: { paymentId, amount: 500, reason: 'Returned' }, headers });
  const [first, second] = [await ask(), await ask()];
  expect([first.status, second.status, await second.text()]).toEqual([201, 201, await first.text()]);
  expect(await world.database.sql('select count(*)::int as n from payouts where payment_id = $1', [paymentId])).toEqual([{ n: 1 }]);
});

test('one that was declined or rejected may be asked for again', async () => {
  const paymentId = await buy();
  const first = await refund({ paymentId });
  await send(`/api/payouts/${first.body.payoutId}/decision`, { decision: 'decline' }, approver);
  world.simulator.control.plan({ api: 'reversal', next: 1, outcome: 'status-forbids' });
  await refunded({ paymentId });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  await refunded({ paymentId });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed' });
  await expectBooksToBalance();
});

describe('a reversal happens once', () => {
  test.each([
    ['the queue times out', { timedOut: true, lateMs: 60_000 }],
    ['the answer to the request is lost', { responseLost: true }],
    ['the request is answered with a 500 but taken', { responseError: true }],
    ['the result is lost', { lost: true }],
    ['the result comes three times', { copies: 3 }],
  ])('when %s', async (_, plan) => {
    const paymentId = await buy();
    const before = BigInt(world.simulator.control.truth().sentCents);
    world.simulator.control.plan({ api: 'reversal', next: 1, ...plan });
    await refunded({ paymentId }, 20);
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed' });
    expect(BigInt(world.simulator.control.truth().sentCents) - before).toBe(235_100n);
    await expectBooksToBalance();
  });
});

test('the surplus of a payment that was paid twice goes back, in parts, and the sale stays', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, next: 1, outcome: 'paid', delayMs: 10_000, lateMs: 300_000 });
  const { paymentId } = await push(world, { phoneNumber });
  await world.pass(2);
  await world.send('POST', '/api/payments/stk-push', { body: { paymentId, phoneNumber } });
  await world.simulator.control.answer(world.simulator.control.prompts()[0]?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(10);
  const waiting = async () => (await deposits(world, 'surplus')).map(({ depositId, waiting: left }) => ({ depositId, left }));
  const [surplus] = await waiting();
  expect(surplus).toMatchObject({ left: 1_250 });
  const { depositId } = surplus ?? {};
  const part = await refund({ depositId, amount: 400 });
  expect(await waiting()).toEqual([{ depositId, left: 850 }]);
  await approve(part.body.payoutId);
  await world.pass(5);
  expect(await waiting()).toEqual([{ depositId, left: 850 }]); // its task is open until the last shilling has left
  await refunded({ depositId });
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'paid' });
  expect([await waiting(), (await openTasks(world)).surplus_payment]).toEqual([[], undefined]);
  await expectBooksToBalance();
});

describe('money from the paybill', () => {
  /** Somebody pays the paybill, and Safaricom's notice is all that tells of it at first. */
  async function payBill(account: string, amountShillings: number): Promise<{ depositId: string; phone: string }> {
    await register(world);
    const phone = newPhone();
    const before = await world.database.sql<{ id: string }>("select id from deposits where source = 'c2b'");
    await world.simulator.control.payBill({ phone, amountShillings, account });
    await world.clock.advance(10_000);
    await world.settled();
    const after = await world.database.sql<{ id: string }>("select id from deposits where source = 'c2b'");
    const added = after.find(({ id }) => !before.some((other) => other.id === id));
    return { depositId: added?.id ?? '', phone };
  }

  test('does not leave again before its receipt is proved, and then goes back in full', async () => {
    const { depositId, phone } = await payBill('hello', 700);
    expect(await refund({ depositId, phoneNumber: phone })).toMatchObject({ status: 409, body: { code: 'receipt_unconfirmed' } });
    await world.pass(6);
    expect(await refunded({ depositId, phoneNumber: phone })).toMatchObject({ method: 'reversal', amount: 700 });
    expect((await balances(world.app.db)).suspense).toBe(0n);
    await expectBooksToBalance();
  });

  test('that was matched to a payment takes the sale back with it, and only once', async () => {
    const { paymentId } = await push(world);
    await world.pass(3); // nobody enters the PIN
    const { depositId, phone } = await payBill('nothing we know', 1_250);
    await world.pass(6);
    const matched = await send(`/api/deposits/${depositId}/match`, { paymentId }, asker);
    expect(matched.status).toBe(200);
    await refunded({ paymentId, phoneNumber: phone });
    expect(await statusOf(world, paymentId)).toMatchObject({ status: 'reversed' });
    expect(
      await world.database.sql("select count(*)::int as n from invoices where payment_id = $1 and kind = 'credit_note'", [paymentId]),
    ).toEqual([{ n: 1 }]);
    expect((await refund({ paymentId, phoneNumber: phone })).status).toBe(422);
    expect((await refund({ depositId, phoneNumber: phone })).status).toBe(422);
    await expectBooksToBalance();
  });
});

test('money goes back to the phone that paid and to no other', async () => {
  const paymentId = await buy();
  expect(await refund({ paymentId, amount: 100, phoneNumber: newPhone() })).toMatchObject({ status: 422, body: { code: 'payer_unknown' } });
});

test('a refund splits to the cent over what was sold', () => {
  const line = fc.record({
    kind: fc.constantFrom('product', 'donation'),
    vatClass: fc.constantFrom('A' as const, 'B' as const, 'E' as const),
    grossCents: fc.bigInt({ min: 1n, max: 10_000_000n }).map(String),
  });
  const vat = [
    { vatClass: 'A' as const, basisPoints: 0, netCents: '0', vatCents: '0' },
    { vatClass: 'B' as const, basisPoints: 1600, netCents: '0', vatCents: '0' },
    { vatClass: 'E' as const, basisPoints: 800, netCents: '0', vatCents: '0' },
  ];
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 8 }),
      fc.bigInt({ min: 0n, max: 99n }),
      fc.bigInt({ min: 1n, max: 10_000n }),
      (lines, rounding, perMyriad) => {
        const owed = lines.reduce((sum, { grossCents }) => sum + BigInt(grossCents), 0n) + rounding;
        const amount = (owed * perMyriad) / 10_000n;
        const split = splitRefund(amount, lines, vat, rounding, NAMES);
        expect(split.legs.reduce((sum, { amountCents }) => sum + amountCents, 0n)).toBe(amount);
        expect(split.lines.reduce((sum, { grossCents }) => sum + BigInt(grossCents), 0n) + split.roundingCents).toBe(amount);
        for (const { amountCents } of split.legs) expect(amountCents >= 0n).toBe(true);
        for (const { sku, name } of split.lines) expect(name).toBe(NAMES[sku as keyof typeof NAMES]);
      },
    ),
    { seed: 7 },
  );
});

test('parts by weight add up, and none is off by more than a cent', () => {
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 9n }), { minLength: 1, maxLength: 12 }),
      (amount, weights) => {
        const total = weights.reduce((sum, weight) => sum + weight, 0n);
        fc.pre(total > 0n);
        const parts = splitByWeights(amount, weights);
        expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(amount);
        for (const [at, part] of parts.entries()) {
          const exact = amount * (weights[at] ?? 0n);
          expect(part * total > exact - total && part * total < exact + total).toBe(true);
        }
      },
    ),
    { seed: 7 },
  );
});

test('who asks for more than is left reads what is being refunded already, and an empty wish what is missing', async () => {
  const paymentId = await buy();
  expect((await refund({ paymentId })).status).toBe(201);
  const more = await refund({ paymentId });
  expect(more).toMatchObject({ status: 422, body: { code: 'refund_too_large', most: 0 } });
  expect(more.body.detail).toMatch(/at most. KES [\d,]+ is requested or was refunded already/);
  const empty = await send('/api/refunds', {}, asker);
  expect(empty).toMatchObject({ status: 400, body: { detail: expect.stringContaining('reason: ') } });
  const wrong = await send('/api/refunds', { reason: 'Returned', depositId: 'x' }, asker);
  expect(wrong.body.errors).toEqual([{ field: 'depositId', message: expect.any(String) }]);
});

test('who may approve a refund sees whose payment it gives back, who paid it, and the whole number that it goes to; a key does not', async () => {
  const paymentId = await buy();
  const { body } = await refund({ paymentId, amount: 500 });
  const listed = async (headers: Headers) => {
    const { payouts } = (await (await world.send('GET', '/api/payouts?limit=1', { headers })).json()) as {
      payouts: Record<string, unknown>[];
    };
    return payouts[0];
  };
  const [deposit] = await world.database.sql<{ id: string; receipt: string }>(
    'select d.id, d.receipt from payments p join deposits d on d.id = p.counted_deposit_id where p.id = $1',
    [paymentId],
  );
  const givesBack = { paymentId, depositId: deposit?.id, receipt: deposit?.receipt };
  expect(await listed(approver)).toMatchObject({ payoutId: body.payoutId, phoneNumber: expect.stringMatching(/^2547\d{8}$/), givesBack });
  const key = await operator(world, 'payouts:request');
  expect(await listed(key)).toMatchObject({ payoutId: body.payoutId, givesBack });
  expect(await listed(key)).not.toHaveProperty('phoneNumber');
  expect((await approve(body.payoutId)).status).toBe(200);
  expect(await listed(approver)).not.toHaveProperty('phoneNumber'); // nothing is left to look at
});
