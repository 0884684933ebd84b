import { afterAll, beforeAll, expect, test } from 'vitest';
import { callbackBody, latestAttempt, newPhone, push } from '../world/checkout.ts';
import { scaled } from '../world/counts.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

const SEED = 20261121;
const CUSTOMERS = scaled(80); // full run: 4,000
const HOT_PAYMENTS = scaled(6); // full run: 300
const COPIES = 64;

let world: World;
beforeAll(async () => {
  world = await startWorld({ seed: SEED });
});
afterAll(() => world.stop());

test('64 identical callbacks at once settle once: one deposit, one sale, one invoice, one mail, and every one is answered 200', async () => {
  for (let n = 0; n < HOT_PAYMENTS; n++) {
    const { paymentId, prompt } = await push(world, { email: `hot${n}@example.com` });
    if (!prompt) throw new Error('no prompt');
    const { path } = await latestAttempt(world, paymentId);
    const body = callbackBody(prompt, { receipt: `UKL00000${String(n).padStart(2, '0')}` });
    const answers = await Promise.all(Array.from({ length: COPIES }, () => world.send('POST', path, { body })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    const rows = await world.database.sql(
      `select (select count(*)::int from deposits where payment_id = $1) deposits, (select count(*)::int from evidence e join attempts a on a.id = e.subject_id where a.payment_id = $1) evidence,
        (select count(*)::int from invoices where payment_id = $1) invoices, (select count(*)::int from outbox where message ->> 'invoiceId' = $1::text) mails`,
      [paymentId],
    );
    expect(rows).toEqual([{ deposits: 1, evidence: 1, invoices: 1, mails: 1 }]);
  }
  await world.pass(1);
  expect(world.inbox.messages()).toHaveLength(HOT_PAYMENTS);
});

test("two shops' worth of people pay at once, each callback comes three times in any order, one in ten never: in the end everything agrees", async () => {
  await world.stop();
  world = await startWorld({ seed: SEED });
  const { control } = world.simulator;
  const outcomes = { paid: 0.7, cancelled: 0.1, 'insufficient-funds': 0.1, 'no-answer': 0.1 };
  control.plan({ random: { outcomes, copies: 3, shuffle: true, lostRate: 0.1, lateRate: 0.05, callbackFirstRate: 0.05 } });

  const baskets = [
    [{ sku: 'coffee' }],
    [{ sku: 'mug', quantity: 3 }],
    [{ sku: 'maize' }, { sku: 'coffee' }],
    [{ sku: 'gift', amount: 500 }],
  ];
  await Promise.all(
    Array.from({ length: CUSTOMERS }, (_, n) =>
      world.send('POST', '/api/payments/stk-push', {
        body: {
          phoneNumber: newPhone(),
          items: baskets[n % baskets.length],
          email: `customer${n}@example.com`,
          language: n % 2 ? 'sw' : 'en',
        },
        ip: `198.51.${Math.floor(n / 250)}.${n % 250}`,
      }),
    ),
  );
  await world.pass(25);

  const truth = control.truth();
  expect(truth.transactions.length).toBeGreaterThan(CUSTOMERS / 2);
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: BigInt(truth.receivedCents), truthCents: BigInt(truth.receivedCents), clearingCents: 0n });

  const paid = await world.database.sql<{ reference: string; amount: string }>(
    "select reference, amount_cents / 100 as amount from payments where state = 'paid' order by 1",
  );
  const moved = truth.transactions.map(({ accountReference, amountShillings }) => ({
    reference: accountReference,
    amount: String(amountShillings),
  }));
  expect(paid).toEqual(moved.sort((a, b) => (a.reference < b.reference ? -1 : 1)));

  const invoices = await world.database.sql<{ kind: string; n: number; last: number }>(
    'select kind, count(*)::int as n, max(sequence)::int as last from invoices group by 1 order by 1',
  );
  expect(invoices.reduce((sum, { n }) => sum + n, 0)).toBe(paid.length);
  for (const { n, last } of invoices) expect(last).toBe(n); // no gap
  expect(world.inbox.messages()).toHaveLength(paid.length);
  expect(await world.database.sql("select count(*)::int as n from payments where state in ('pending', 'unknown')")).toEqual([{ n: 0 }]);
}, 120_000);
