import { afterAll, beforeAll, expect, test } from 'vitest';
import { push } from '../world/checkout.ts';
import { operator } from '../world/operator.ts';
import { startWorld, type World } from '../world/world.ts';

let world: World;
let headers: { authorization: string };
beforeAll(async () => {
  world = await startWorld();
  headers = await operator(world, 'items:write');
});
afterAll(() => world.stop());

const put = (...items: unknown[]) => world.send('PUT', '/api/items', { body: { items }, headers });
const listed = async () => ((await (await world.send('GET', '/api/items')).json()) as { items: Record<string, unknown>[] }).items;
const codeOf = async (response: Response) => ((await response.json()) as { code: string }).code;

test('an operator adds, changes and stops selling things; visitors see what is sold', async () => {
  const honey = { sku: 'honey', name: 'Honey, 500 g', kind: 'product', price: 850.5, vatClass: 'A' };
  expect((await put(honey, { sku: 'well', name: 'A well', kind: 'donation', min: 50, max: 5000 })).status).toBe(200);
  expect(await listed()).toEqual(
    expect.arrayContaining([honey, { sku: 'well', name: 'A well', kind: 'donation', min: 50, max: 5000, vatClass: 'D' }]),
  );
  await put({ ...honey, active: false });
  expect((await listed()).map(({ sku }) => sku)).not.toContain('honey');
  expect(await world.database.sql("select actor, action from audit where action = 'items_changed'")).toHaveLength(2);
});

test('what was sold keeps its price: only new payments see a new one', async () => {
  await put({ sku: 'tea', name: 'Tea', kind: 'product', price: 300, vatClass: 'B' });
  const { paymentId } = await push(world, { items: [{ sku: 'tea' }] });
  await put({ sku: 'tea', name: 'Tea', kind: 'product', price: 999, vatClass: 'B' });
  expect(await world.database.sql('select amount_cents::int as cents from payments where id = $1', [paymentId])).toEqual([
    { cents: 30_000 },
  ]);
});

test.each([
  ['a price with three decimals', { sku: 'x', name: 'X', kind: 'product', price: 1.005, vatClass: 'B' }],
  ['a price of nothing', { sku: 'x', name: 'X', kind: 'product', price: 0, vatClass: 'B' }],
  ['a class that is no class', { sku: 'x', name: 'X', kind: 'product', price: 1, vatClass: 'F' }],
  ['a donation from more to less', { sku: 'x', name: 'X', kind: 'donation', min: 10, max: 5 }],
  ['a sku with a space', { sku: 'x y', name: 'X', kind: 'product', price: 1, vatClass: 'B' }],
])('%s is refused', async (_, item) => {
  const response = await put(item);
  expect([response.status, await codeOf(response)]).toEqual([400, 'invalid_input']);
});

test.each([
  ["the price is the server's, not the browser's", { items: [{ sku: 'coffee' }], amount: 1 }, 'amount_mismatch'],
  ['a product has no amount of its own', { items: [{ sku: 'coffee', amount: 1 }] }, 'price_is_fixed'],
  ['a thing nobody sells', { items: [{ sku: 'gold' }] }, 'unknown_item'],
  ['a donation says how much', { items: [{ sku: 'gift' }] }, 'donation_amount_required'],
  ['a donation within its range', { items: [{ sku: 'gift', amount: 200_000 }] }, 'donation_out_of_range'],
  ['only donations as a donation', { type: 'donation', items: [{ sku: 'coffee' }] }, 'not_a_donation'],
  ['not more than M-PESA moves at once', { items: [{ sku: 'coffee', quantity: 1000 }] }, 'amount_out_of_range'],
  ['a type nobody wired in', { type: 'SHARES', items: [{ sku: 'coffee' }] }, 'type_not_offered'],
])('%s', async (_, body, code) => {
  const { response } = await push(world, body);
  expect([response.status, await codeOf(response)]).toEqual([422, code]);
});

test('the refusal of a wrong amount names what is owed, and the right amount passes', async () => {
  const refused = await push(world, { items: [{ sku: 'mug', quantity: 1 }], amount: 900 });
  expect(refused.body).toMatchObject({ code: 'amount_mismatch', owed: 901 });
  expect((await push(world, { items: [{ sku: 'mug', quantity: 1 }], amount: 901 })).response.status).toBe(201);
});
