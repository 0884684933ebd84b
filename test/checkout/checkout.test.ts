import { afterAll, beforeAll, expect, test } from 'vitest';
import { booksBalance, startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

test('a customer pays, the books balance and the invoice lies in their inbox', async () => {
  const pushed = await world.send('POST', '/api/payments/stk-push', {
    body: {
      phoneNumber: '0712 345 678',
      items: [{ sku: 'coffee', quantity: 2 }, { sku: 'mug' }],
      email: 'wanjiku@example.com',
      name: "Wanjikũ Ng'ang'a",
    },
  });
  expect(await pushed.clone().json()).toMatchObject({ status: 'pending', amount: 3401, maskedPhone: '07•• ••• 678' });
  expect(pushed.status).toBe(201);
  const { paymentId } = (await pushed.json()) as { paymentId: string };

  const [prompt] = world.simulator.control.prompts();
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(1);

  const status = await (await world.send('GET', `/api/payments/${paymentId}`)).json();
  expect(status).toMatchObject({
    status: 'paid',
    amount: 3401,
    mpesaReceiptNumber: expect.stringMatching(/^[A-Z0-9]{10}$/),
    invoiceUrl: `/api/invoices/${paymentId}.pdf`,
  });

  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: 340100n, truthCents: 340100n, clearingCents: 0n });

  const [mail, ...more] = world.inbox.messages();
  expect(more).toEqual([]);
  expect(mail?.subject).toContain('INV-2026-000001');
});
