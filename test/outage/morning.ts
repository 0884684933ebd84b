import { expect } from 'vitest';
import { register } from '../paybill/paybill.ts';
import { newPhone, push, statusOf } from '../world/checkout.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

export const TILL = '654321';
const HOUR = 60 * 60_000;

/** A shop with a till, whose payments are told to our address; `pull` says whether they are pulled too. */
export async function openTill(pull: 'on' | 'off'): Promise<World> {
  const world = await startWorld({
    environment: {
      ...{ MPESA_TRANSACTION_TYPE: 'till', MPESA_TILL_NUMBER: TILL, MPESA_PULL: pull },
      ...(pull === 'on' && { MPESA_PULL_NUMBER: '254712345678' }),
    },
    simulator: { tillNumber: TILL },
  });
  expect((await register(world)).status).toBe(200);
  return world;
}

/** What was paid on that morning: the receipts of counter money, and the payments that answered a prompt. */
export type Morning = { receipts: string[]; prompted: string[] };

/**
 * 137 payments at one till while for three hours no confirmation and no callback comes, and none is repeated afterwards. Every tenth answers a prompt: a query says
 * that it is paid, and no receipt. `meanwhile` is what happens between two payments, some seventy seconds.
 */
export async function playMorning(world: World, meanwhile: () => Promise<unknown>): Promise<Morning> {
  const { control } = world.simulator;
  control.outage({ what: ['confirmation', 'callback'], forMs: 3 * HOUR });
  const { receipts, prompted }: Morning = { receipts: [], prompted: [] };
  for (let n = 0; n < 137; n++) {
    if (n % 10 === 0) {
      const items = [{ sku: 'coffee', quantity: 1 + (n % 3) }];
      const { paymentId, prompt } = await push(world, { items }, { 'x-forwarded-for': `198.18.${n}.1` });
      await control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
      prompted.push(paymentId);
    } else {
      const amountShillings = n % 7 === 0 ? 1250 : 100 + (n % 9);
      const outcome = await control.payBill({ phone: newPhone(), amountShillings, shortcode: TILL, account: '' });
      if ('receipt' in outcome) receipts.push(outcome.receipt);
    }
    await meanwhile();
  }
  expect(receipts.length + prompted.length).toBe(137);
  return { receipts, prompted };
}

/** Every shilling of that morning stands in the books once, proved, and each prompted payment has the receipt that the customer has. */
export async function expectWhole(world: World, { receipts, prompted }: Morning): Promise<void> {
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
  const [stands] = await world.database.sql<{ told: string; nameless: number; proved: number }>(
    `select coalesce((select sum(case when debit_account like 'paybill_told%' then amount_cents else -amount_cents end)
         from transfers where debit_account like 'paybill_told%' or credit_account like 'paybill_told%'), 0)::text as told,
       count(*) filter (where receipt is null and merged_into is null)::int as nameless,
       count(*) filter (where receipt = any($1) and receipt_proved_at is not null)::int as proved from deposits`,
    [receipts],
  );
  expect(stands).toEqual({ told: '0', nameless: 0, proved: receipts.length });
  for (const id of prompted)
    expect(await statusOf(world, id)).toMatchObject({
      status: 'paid',
      proved: true,
      mpesaReceiptNumber: expect.stringMatching(/^\w{10}$/),
    });
}
