import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { makeCallbackToken } from '#ground/callback-tokens/callback-token.ts';
import { closeRefund } from '#mpesa/refunds/close-refund.ts';
import { creditSale } from '#shop/invoices/credit-sale.ts';
import { type Credited, splitRefund } from '#shop/invoices/split-refund.ts';
import { splitVat } from '#shop/vat/compute-vat.ts';
import { register } from '../paybill/paybill.ts';
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
  await world.database.sql(
    "insert into items (sku, name, kind, price_cents, vat_class, updated_at) values ('match', 'Matching fee', 'booking_fee', 116000, 'B', now())",
  );
  [asker, approver] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  await buy([{ sku: 'coffee', quantity: 20 }]);
});
afterAll(() => world.stop());

async function buy(items: Record<string, unknown>[]): Promise<string> {
  const { paymentId, prompt } = await push(world, { items });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  return paymentId;
}
const send = async (path: string, body: unknown, headers: Headers) => {
  const response = await world.send('POST', path, { body, headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
const refund = async (body: Record<string, unknown>) => (await send('/api/refunds', { reason: 'Returned', ...body }, asker)).body.payoutId;
const approve = (payoutId: unknown) => send(`/api/payouts/${payoutId}/decision`, {}, approver);

/** A payout that M-PESA pays while its result says that it does not, and what tells of it later. */
async function lost(payoutId: unknown): Promise<{ arrives(): Promise<void> }> {
  world.simulator.control.plan({ api: 'b2c', next: 1, lost: true });
  expect((await approve(payoutId)).status).toBe(200);
  await world.pass(1);
  await world.clock.advance(10_000);
  const [row] = await world.database.sql<{ id: string; conversation_id: string }>(
    'select id, conversation_id from withdrawals where payout_id = $1',
    [payoutId],
  );
  const says = {
    ...{ ResultType: 0, ResultCode: 2040, ResultDesc: 'x', OriginatorConversationID: row?.id, ConversationID: row?.conversation_id },
    TransactionID: 'SG20000000',
  };
  const path = `/api/callbacks/b2c/${makeCallbackToken(world.app.config.callback.tokenKeys, 'b2c', row?.id ?? '')}/result`;
  expect((await world.send('POST', path, { body: { Result: says } })).status).toBe(200);
  await world.pass(1);
  return {
    async arrives() {
      await world.simulator.control.redeliverResult(row?.conversation_id ?? '');
      await world.settled();
    },
  };
}

const tasks = (payoutId: unknown) =>
  world.database.sql("select 1 from reviews where kind = 'refund_exceeds_payment' and subject = $1 and closed_at is null", [payoutId]);

async function expectTruth(owedCents: bigint): Promise<void> {
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
  const { receivables, refunds, payout_reserve, booking_payable, customer_credit, suspense } = await balances(world.app.db);
  expect({ receivables, refunds, payout_reserve, booking_payable, customer_credit, suspense }).toEqual({
    ...{ receivables: owedCents, refunds: 0n, payout_reserve: 0n, booking_payable: 0n, customer_credit: 0n, suspense: 0n },
  });
}

test('a refund that arrives after another one was paid is owed to us: the credit notes are the invoice and no more, its VAT too', async () => {
  const paymentId = await buy([{ sku: 'coffee' }, { sku: 'mug' }, { sku: 'maize' }]);
  const before = await balances(world.app.db);
  const first = await refund({ paymentId, method: 'b2c' });
  const late = await lost(first);
  const again = await refund({ paymentId, method: 'b2c' });
  await approve(again);
  await world.pass(3);
  await late.arrives();
  await world.pass(2);
  await closeRefund(creditSale)(world.app, { kind: 'refund_paid', payoutId: String(first) });

  const [sums] = await world.database.sql(
    `select count(*) filter (where kind = 'credit_note')::int as notes, sum(case kind when 'credit_note' then -1 else 1 end * (total_cents + rounding_cents))::int as left,
      sum(case kind when 'credit_note' then -1 else 1 end * (select sum((v ->> 'vatCents')::int) from jsonb_array_elements(vat) v))::int as vat
    from invoices where payment_id = $1`,
    [paymentId],
  );
  expect(sums).toEqual({ notes: 1, left: 0, vat: 0 });
  const after = await balances(world.app.db);
  expect((before.vat_payable ?? 0n) - (after.vat_payable ?? 0n)).toBeGreaterThan(0n);
  expect(await tasks(first)).toHaveLength(1);
  expect(await statusOf(world, paymentId)).toMatchObject({ status: 'refunded' });
  await expectTruth(235_100n);
});

test('one that waits for approval when the lost one arrives is not approved, nor sent', async () => {
  const paymentId = await buy([{ sku: 'coffee' }]);
  const late = await lost(await refund({ paymentId, method: 'b2c' }));
  const again = await refund({ paymentId, method: 'b2c' });
  await late.arrives();
  expect((await approve(again)).body.code).toBe('payout_under_way');
  expect((await send(`/api/payouts/${again}/decision`, { decision: 'decline' }, approver)).status).toBe(200);
  await world.pass(2);
  await expectTruth(235_100n);
});

test("a booking's refund that arrives after another one was paid is owed to us", async () => {
  const phoneNumber = newPhone();
  const server = await operator(world, 'bookings:write');
  const booked = await send('/api/bookings', { sku: 'match', phoneNumber }, server);
  const { bookingId } = booked.body;
  await send('/api/payments/stk-push', { bookingId, phoneNumber }, server);
  const shown = world.simulator.control.prompts().find(({ accountReference }) => accountReference === booked.body.reference);
  await world.simulator.control.answer(shown?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  const payoutOf = (answer: { body: Record<string, unknown> }) => (answer.body.payout as { payoutId: string }).payoutId;
  const first = payoutOf(await send(`/api/bookings/${bookingId}/resolve`, { action: 'refund' }, server));
  const late = await lost(first);
  await approve(payoutOf(await send(`/api/bookings/${bookingId}/resolve`, { action: 'retry-payout' }, server)));
  await world.pass(3);
  await late.arrives();
  await world.pass(2);
  expect(await tasks(first)).toHaveLength(1);
  await expectTruth(235_100n + 116_000n);
  const trail = await world.database.sql<{ action: string; actor: string }>(
    'select action, actor from audit where subject = $1 order by id',
    [bookingId],
  );
  expect(trail.map(({ action }) => action)).toEqual(
    expect.arrayContaining(['booking_created', 'payment_requested', 'booking_held', 'booking_refunded', 'booking_fee_refunded']),
  );
  expect(trail.find(({ action }) => action === 'payment_requested')?.actor).toMatch(/^key:/);
});

test("a booking's refund whose first payout has arrived is not sent again, however often it is asked for", async () => {
  const phoneNumber = newPhone();
  const server = await operator(world, 'bookings:write');
  const booked = await send('/api/bookings', { sku: 'match', phoneNumber }, server);
  const { bookingId } = booked.body;
  await send('/api/payments/stk-push', { bookingId, phoneNumber }, server);
  const shown = world.simulator.control.prompts().find(({ accountReference }) => accountReference === booked.body.reference);
  await world.simulator.control.answer(shown?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  const ask = async (action: string) => (await send(`/api/bookings/${bookingId}/resolve`, { action }, server)).body;
  const resolve = async (action: string) => ((await ask(action)).payout as { payoutId: string }).payoutId;
  const late = await lost(await resolve('refund'));
  const second = await resolve('retry-payout');
  await late.arrives();
  expect((await approve(second)).body.code).toBe('payout_under_way');
  expect((await send(`/api/payouts/${second}/decision`, { decision: 'decline' }, approver)).status).toBe(200);
  expect((await ask('retry-payout')).code).toBe('booking_decided'); // nothing is owed any more
  await expectTruth(235_100n + 116_000n);
});

test('suspense that is refunded twice is owed to us', async () => {
  await register(world);
  world.simulator.control.switch({ c2bPhone: 'plain' });
  const paid = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 700, account: 'hello' });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
    'receipt' in paid && paid.receipt,
  ]);
  const first = await refund({ depositId: deposit?.id, method: 'b2c' });
  const late = await lost(first);
  await approve(await refund({ depositId: deposit?.id, method: 'b2c' }));
  await world.pass(3);
  await late.arrives();
  await world.pass(2);
  expect(await tasks(first)).toHaveLength(1);
  await expectTruth(235_100n + 116_000n + 70_000n);
});

test('a counter sale that is refunded twice: its sales and VAT come off once, and the rest is owed to us', async () => {
  world.app.config.paybill.counterVatClass = 'B';
  world.simulator.control.switch({ c2bPhone: 'plain' });
  const owedBefore = (await balances(world.app.db)).receivables ?? 0n;
  const told = await world.simulator.control.payBill({ phone: newPhone(), amountShillings: 580, account: '' });
  await world.pass(6);
  const [deposit] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [
    'receipt' in told && told.receipt,
  ]);
  const before = await balances(world.app.db);
  const first = await refund({ depositId: deposit?.id, method: 'b2c' });
  const late = await lost(first);
  await approve(await refund({ depositId: deposit?.id, method: 'b2c' }));
  await world.pass(3);
  await late.arrives();
  await world.pass(2);
  await closeRefund(creditSale)(world.app, { kind: 'refund_paid', payoutId: String(first) });
  const after = await balances(world.app.db);
  const less = (account: string) => (before[account] ?? 0n) - (after[account] ?? 0n);
  expect([less('counter_sales'), less('vat_payable')]).toEqual([50_000n, 8_000n]);
  expect(await tasks(first)).toHaveLength(1);
  await expectTruth(owedBefore + 58_000n);
});

describe('credit notes', () => {
  const line = fc.record({
    kind: fc.constantFrom('product', 'donation'),
    vatClass: fc.constantFrom('A' as const, 'B' as const, 'E' as const),
    grossCents: fc.bigInt({ min: 1n, max: 1_000_000n }).map(String),
  });
  const RATES = { A: 0, B: 1600, E: 800 };
  type Class = keyof typeof RATES;

  test('of an invoice never exceed it in any class, nor its VAT, and are it to the cent in the end', () => {
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 6 }),
        fc.bigInt({ min: 0n, max: 99n }),
        fc.array(fc.bigInt({ min: 1n, max: 1_500_000n }), { minLength: 1, maxLength: 12 }),
        (sold, rounding, amounts) => {
          const grossOf = (of: Class, lines: readonly { vatClass: string; grossCents: string }[]) =>
            lines.filter(({ vatClass }) => vatClass === of).reduce((sum, { grossCents }) => sum + BigInt(grossCents), 0n);
          const classes = (['A', 'B', 'E'] as const).filter((each) => grossOf(each, sold) > 0n);
          const vat = classes.map((vatClass) => {
            const { netCents, vatCents } = splitVat(grossOf(vatClass, sold), RATES[vatClass]);
            return { vatClass, basisPoints: RATES[vatClass], netCents: String(netCents), vatCents: String(vatCents) };
          });
          const owed = sold.reduce((sum, { grossCents }) => sum + BigInt(grossCents), rounding);
          const notes: Credited[] = [];
          let excess = 0n;
          for (const amount of [...amounts, owed]) {
            const split = splitRefund(amount, sold, vat, rounding, NAMES, notes);
            const moved = split.legs.reduce((sum, { amountCents }) => sum + amountCents, 0n);
            expect(moved + split.excessCents).toBe(amount);
            for (const { amountCents } of split.legs) expect(amountCents >= 0n).toBe(true);
            notes.push(split);
            excess += split.excessCents;
          }
          expect(excess).toBe(amounts.reduce((sum, amount) => sum + amount, 0n));
          for (const { vatClass, vatCents } of vat) {
            expect(
              grossOf(
                vatClass,
                notes.flatMap((note) => note.lines),
              ),
            ).toBe(grossOf(vatClass, sold));
            const taken = notes.flatMap((note) => note.vat).filter((row) => row.vatClass === vatClass);
            expect(taken.reduce((sum, row) => sum + BigInt(row.vatCents), 0n)).toBe(BigInt(vatCents));
          }
          expect(notes.reduce((sum, { roundingCents }) => sum + roundingCents, 0n)).toBe(rounding);
        },
      ),
      { seed: 7 },
    );
  });
});
