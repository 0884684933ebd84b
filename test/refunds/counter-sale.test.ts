import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { newReceipt, openTasks, owe, payBill, register } from '../paybill/paybill.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

// Money that was paid at a till without any order is a counter sale. Its receipt is all that the customer at the counter can show.

let world: World;
let treasurer: { authorization: string };
beforeAll(async () => {
  world = await startWorld({ environment: { COUNTER_MONEY: 'sales-B' } });
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
  await sold(5_000);
});
afterAll(() => world.stop());

type Found = { depositId: string; state: string; proved: boolean; receipt: string; paymentId: string | null; waiting: number };

async function sold(amountShillings: number, minutes = 6): Promise<string> {
  const paid = await payBill(world, { account: '', amountShillings });
  await world.pass(minutes);
  return 'receipt' in paid ? paid.receipt : '';
}
async function find(query: string): Promise<Found[]> {
  const response = await world.send('GET', `/api/deposits?${query}`, { headers: treasurer });
  expect(response.status).toBe(200);
  return ((await response.json()) as { deposits: Found[] }).deposits;
}
async function idOf(receipt: string): Promise<string> {
  const [found] = await find(`receipt=${receipt}`);
  return found?.depositId ?? '';
}
async function send(path: string, body: object) {
  const response = await world.send('POST', path, { body, headers: treasurer });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
async function refunded(body: object): Promise<unknown> {
  const asked = await send('/api/refunds', { reason: 'Did not fit', ...body });
  expect(asked).toMatchObject({ status: 201 });
  expect(await send(`/api/payouts/${asked.body.payoutId}/decision`, {})).toMatchObject({ status: 200 });
  await world.pass(5);
  return asked.body.method;
}
async function grown(work: () => Promise<unknown>): Promise<Record<string, number>> {
  const before = await balances(world.app.db);
  await work();
  const after = await balances(world.app.db);
  const changes = Object.keys(after).map((account) => [account, Number((after[account] ?? 0n) - (before[account] ?? 0n)) / 100] as const);
  return Object.fromEntries(changes.filter(([, shillings]) => shillings !== 0));
}

test('a counter sale is found by its receipt, however it is typed, with what it is', async () => {
  const receipt = await sold(116, 0);
  expect(await find(`receipt=${receipt}`)).toMatchObject([
    { receipt, state: 'counter_sale', proved: false, amount: 116, waiting: 0, paymentId: null },
  ]);
  await world.pass(6);
  expect(await find(`receipt=%20${receipt.toLowerCase()}`)).toMatchObject([{ receipt, state: 'counter_sale', proved: true }]);
  const [{ depositId } = { depositId: '' }] = await find(`receipt=${receipt}`);
  expect(await find(`depositId=${depositId}`)).toMatchObject([{ receipt, state: 'counter_sale' }]);
  expect(await find(`receipt=${newReceipt()}`)).toEqual([]);
  expect((await world.send('GET', `/api/deposits?receipt=${receipt}`, { headers: await operator(world, 'payments:read') })).status).toBe(
    403,
  );
});

test('the whole of it is refunded by reversal, a part by B2C and the rest after it: sales and VAT are less by that, to the cent', async () => {
  const whole = await sold(116);
  expect(await grown(async () => expect(await refunded({ depositId: await idOf(whole) })).toBe('reversal'))).toEqual({
    counter_sales: -100,
    vat_payable: -16,
    paybill_float: -116,
  });
  expect(await find(`receipt=${whole}`)).toMatchObject([{ state: 'given_back' }]);

  const inParts = await sold(1_001);
  const depositId = await idOf(inParts);
  const taken = await grown(async () => {
    expect(await refunded({ depositId, amount: 333, method: 'b2c' })).toBe('b2c');
    expect(await find(`receipt=${inParts}`)).toMatchObject([{ state: 'counter_sale', givenBack: 333 }]);
    await refunded({ depositId });
  });
  expect(taken).toEqual({ counter_sales: -862.93, vat_payable: -138.07, paybill_float: -1_001 });
  expect(await send('/api/refunds', { depositId, reason: 'Once more' })).toMatchObject({ status: 422, body: { code: 'refund_too_large' } });
  const books = await booksBalance(world);
  expect(books).toEqual({ floatCents: books.truthCents, truthCents: books.truthCents, clearingCents: 0n });
  expect(await openTasks(world)).toEqual({});
});

test('one that is only told is not returned, and one whose refund is asked for becomes nobody else’s money meanwhile', async () => {
  const told = await sold(50, 0);
  expect(await send('/api/refunds', { depositId: await idOf(told), reason: 'Too early' })).toMatchObject({
    body: { code: 'receipt_unconfirmed' },
  });
  await world.pass(6);
  const depositId = await idOf(told);
  const asked = await send('/api/refunds', { depositId, reason: 'Now' });
  const undone = () =>
    world.database.sql<{ undone: boolean }>('select undo_counter_sale_2($1, $2) as undone', [depositId, world.clock.now()]);
  expect(await undone()).toEqual([{ undone: false }]);
  expect(await send(`/api/payouts/${asked.body.payoutId}/decision`, { decision: 'decline' })).toMatchObject({ status: 200 });
  expect(await find(`receipt=${told}`)).toMatchObject([{ state: 'counter_sale', givenBack: 0 }]);
});

test('a counter sale that somebody gave back in the portal after a part of it was refunded: the part is not taken off the sales twice', async () => {
  const receipt = await sold(1_160);
  const depositId = await idOf(receipt);
  const changes = await grown(async () => {
    await refunded({ depositId, amount: 580, method: 'b2c' });
    const at = world.clock.now();
    const { sql } = world.database;
    await sql(
      "update deposits set reversed_elsewhere_at = $2, reversal_receipt = 'UKT0000001', reversed_elsewhere_cents = amount_cents where id = $1",
      [depositId, at],
    );
    await sql('select book_reversed_2($1, $2)', [depositId, at]);
    expect(await send(`/api/deposits/${depositId}/take-back`, { reason: 'Portal' })).toMatchObject({ status: 200 });
  });
  expect(changes).toEqual({ counter_sales: -1_000, vat_payable: -160, paybill_float: -1_740, receivables: 580 });
  expect(await openTasks(world)).toEqual({ taken_back_short: 1 });
  expect(await find(`receipt=${receipt}`)).toMatchObject([{ state: 'taken_back' }]);
});

test('money in suspense and money that paid for an order are found by their receipts too, with what they are', async () => {
  const paid = await payBill(world, { account: 'SHAMBA', amountShillings: 77 });
  const receipt = 'receipt' in paid ? paid.receipt : '';
  expect(await find(`receipt=${receipt}`)).toMatchObject([{ state: 'suspense', waiting: 77 }]);
  expect(await find(`receipt=${receipt}&state=surplus`)).toEqual([]);
  await world.pass(6);
  await refunded({ depositId: await idOf(receipt) });
  expect(await find(`receipt=${receipt}`)).toMatchObject([{ state: 'given_back', waiting: 0 }]);

  const { paymentId, reference } = await owe(world, 'maize');
  const order = await payBill(world, { account: reference, amountShillings: 200 });
  const paidBy = 'receipt' in order ? order.receipt : '';
  expect(await find(`paymentId=${paymentId}`)).toMatchObject([
    { receipt: paidBy, state: 'allocated', paymentId, paymentStatus: 'paid', waiting: 0 },
  ]);
});

test('the payouts of a deposit are found by it, one by its id or by the M-PESA code of a part', async () => {
  const depositId = await idOf(await sold(300));
  await refunded({ depositId, amount: 100, method: 'b2c' });
  const payouts = async (query: string) => {
    const response = await world.send('GET', `/api/payouts?${query}`, { headers: treasurer });
    return ((await response.json()) as { payouts: { payoutId: string; parts: { receipt: string; withdrawalId: string }[] }[] }).payouts;
  };
  const [payout] = await payouts(`depositId=${depositId}`);
  for (const query of [
    `payoutId=${payout?.payoutId}`,
    `payoutId=${payout?.parts[0]?.withdrawalId}`,
    `receipt=${payout?.parts[0]?.receipt.toLowerCase()}`,
  ])
    expect(await payouts(query)).toEqual([payout]);
  expect(await payouts(`receipt=${newReceipt()}`)).toEqual([]);
});
