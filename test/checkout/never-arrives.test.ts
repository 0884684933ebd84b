import { afterAll, beforeAll, expect, test } from 'vitest';
import { newPhone, push } from '../world/checkout.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

const PAYMENTS = 40;

let world: World;
beforeAll(async () => {
  world = await startWorld({ seed: 6 });
});
afterAll(() => world.stop());

test('with every callback lost for a day, all payments are right within 20 minutes, and nothing is left pending', async () => {
  const outcomes = { paid: 0.6, cancelled: 0.1, 'insufficient-funds': 0.1, 'no-answer': 0.1, 'wrong-pin': 0.1 };
  world.simulator.control.plan({ random: { outcomes, lostRate: 1 } });
  world.simulator.control.plan({ api: 'accountbalance', lost: true });
  world.simulator.control.switch({ queryGlitchRate: 4 / 19 });
  const phones = Array.from({ length: PAYMENTS }, newPhone);
  for (const [n, phoneNumber] of phones.entries())
    await world.send('POST', '/api/payments/stk-push', {
      body: { phoneNumber, items: [{ sku: 'maize', quantity: 1 + n }] },
      ip: `198.51.100.${n}`,
    });
  await world.pass(20);

  const truth = world.simulator.control.truth();
  expect(truth.callbacksDelivered).toBe(0);
  expect(truth.transactions.length).toBeGreaterThan(PAYMENTS / 3);
  const counts = await world.database.sql<{ state: string; n: number }>(
    'select state, count(*)::int as n from payments group by 1 order by 1',
  );
  const paid = counts.find(({ state }) => state === 'paid')?.n ?? 0;
  const failed = counts.find(({ state }) => state === 'failed')?.n ?? 0;
  expect(paid).toBe(truth.transactions.length);
  expect(paid + failed).toBe(PAYMENTS);
  expect(await booksBalance(world)).toEqual({
    floatCents: BigInt(truth.receivedCents),
    truthCents: BigInt(truth.receivedCents),
    clearingCents: 0n,
  });
});

test('money learnt by query has no M-PESA code: the invoice waits some minutes, then says that it follows, and a task is open after two days', async () => {
  world.simulator.control.plan({ random: { outcomes: { paid: 1 }, lostRate: 1 } });
  const { paymentId } = await push(world, { email: 'otieno@example.com' });
  await world.pass(3);
  expect(world.inbox.messages().filter(({ to }) => JSON.stringify(to).includes('otieno'))).toHaveLength(0);
  await world.pass(6);
  const mails = world.inbox.messages().filter(({ to }) => JSON.stringify(to).includes('otieno'));
  expect(mails).toHaveLength(1);
  expect(mails[0]?.text).toContain('M-PESA code: follows');
  await world.clock.advance(48 * 3_600_000);
  await world.pass(1);
  expect(
    await world.database.sql(
      "select subject from reviews r join deposits d on d.id::text = r.subject where r.kind = 'receipt_missing' and d.payment_id = $1",
      [paymentId],
    ),
  ).toHaveLength(1);
});

test('the callback that comes after the query adds the M-PESA code and books nothing twice', async () => {
  const phoneNumber = newPhone();
  world.simulator.control.plan({ phone: phoneNumber, outcome: 'paid', delayMs: 5_000, callbackMs: 10 * 60_000 });
  const { paymentId } = await push(world, { phoneNumber });
  await world.pass(2);
  const receipt = async () =>
    (await (await world.send('GET', `/api/payments/${paymentId}`)).json()) as { status: string; mpesaReceiptNumber: string | null };
  expect(await receipt()).toMatchObject({ status: 'paid', mpesaReceiptNumber: null });
  await world.pass(12);
  expect(await receipt()).toMatchObject({
    status: 'paid',
    mpesaReceiptNumber: world.simulator.control.truth().transactions.at(-1)?.receipt,
  });
  expect(await booksBalance(world)).toMatchObject({ clearingCents: 0n });
});
