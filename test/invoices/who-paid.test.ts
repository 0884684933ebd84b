import { afterAll, beforeAll, expect, test } from 'vitest';
import { maskPhone } from '#ground/text/mask-phone.ts';
import { readInvoice } from '#shop/invoices/read-invoice.ts';
import { register } from '../paybill/paybill.ts';
import { newPhone, push } from '../world/checkout.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
});
afterAll(() => world.stop());

const payerOn = async (paymentId: unknown) => {
  const [invoice] = await world.database.sql<{ id: string }>('select id from invoices where payment_id = $1', [paymentId]);
  return (await readInvoice(world.app, invoice?.id ?? ''))?.document.payment.payerMasked;
};

test('an invoice says who paid by prompt', async () => {
  const phoneNumber = newPhone();
  const { paymentId, prompt } = await push(world, { phoneNumber });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  expect(await payerOn(paymentId)).toBe(maskPhone(phoneNumber));
});

test.each([
  ['plain', 'whole', (phone: string) => maskPhone(phone)],
  ['masked', 'masked', (phone: string) => `0••• ••• ${phone.slice(-3)}`],
  ['hashed', 'masked', (phone: string) => `0••• ••• ${phone.slice(-3)}`],
] as const)(
  'an invoice that somebody else paid at the paybill (%s, status %s) says who that was, as far as it is known',
  async (c2bPhone, statusPhone, shown) => {
    world.simulator.control.switch({ c2bPhone, statusPhone });
    const phone = newPhone();
    const { paymentId, prompt } = await push(world, { phoneNumber: newPhone() });
    await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { outcome: 'cancelled' });
    await world.simulator.control.payBill({ phone, amountShillings: 1250, account: prompt?.accountReference ?? '' });
    await world.pass(6);
    expect(await payerOn(paymentId)).toBe(shown(phone));
  },
);
