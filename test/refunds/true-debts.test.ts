import { afterAll, beforeAll, expect, test } from 'vitest';
import { register } from '../paybill/paybill.ts';
import { fill, post } from '../payouts/bulk.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';
import { receivablesOf } from './receivables.ts';

// What counts as a debt to us, and who may say that it was paid.

let world: World;
let debts: ReturnType<typeof receivablesOf>;
let debtor: Signed;
beforeAll(async () => {
  world = await startWorld();
  await register(world);
  debts = receivablesOf(world, await signedIn(world, 'treasurer'));
  debtor = await signInAs(world, 'admin');
  await fill(world, 1);
});
afterAll(() => world.stop());

test('the key of a debtor matches nothing to what its maker owes, nor does a key whose maker is not known', async () => {
  const receivable = await debts.owes(300, debtor.phone);
  const depositId = await debts.comesBack(300);
  const made = await post(world, '/api/keys', { name: 'Mine', scopes: ['deposits:match'] }, debtor.headers);
  expect(made.status).toBe(201);
  const key = { authorization: `Bearer ${made.body.key}` };
  expect(await debts.match(depositId, { receivable }, key)).toMatchObject({ status: 403, body: { code: 'own_account' } });
  await world.database.sql('update api_keys set created_by = null where id = $1', [made.body.keyId]);
  expect(await debts.match(depositId, { receivable }, key)).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  expect(await debts.match(depositId, { receivable })).toMatchObject({ status: 200 });
});

test('money that was reversed in the portal and not taken back yet is nobody’s debt', async () => {
  const before = await debts.owed();
  const reversed = await debts.comesBack(410);
  await debts.reverseInPortal(reversed, 410);
  const other = await debts.comesBack(410);
  expect(await debts.match(other, { receivable: reversed })).toMatchObject({ status: 422, body: { code: 'unknown_reference' } });
  expect(await debts.takeBack(reversed)).toMatchObject({ status: 200 });
  expect(await debts.owed()).toBe(before);
});

test('of money that was reversed in part nothing is owed before that part is taken back, whatever else is owed under its id', async () => {
  const reversed = await debts.comesBack(400);
  await debts.reverseInPortal(reversed, 100);
  const other = await debts.comesBack(200);
  expect(await debts.match(other, { receivable: reversed })).toMatchObject({ body: { code: 'unknown_reference' } });
  // an earlier part had left its place
  await world.database.sql("select book_1('claimed', $1, 1, 'receivables', 'clearing', 3000, $2)", [reversed, world.clock.now()]);
  expect(await debts.match(other, { receivable: reversed })).toMatchObject({ body: { code: 'amount_mismatch', owed: 30 } });
  await world.database.sql("select book_1('claimed', $1, 2, 'clearing', 'receivables', 3000, $2)", [reversed, world.clock.now()]);
});

test('what was reversed whole after it had paid a debt is owed under its own id, once it is taken back', async () => {
  const before = await debts.owed();
  const receivable = await debts.owes(320);
  const reversed = await debts.comesBack(320);
  expect(await debts.match(reversed, { receivable })).toMatchObject({ status: 200 });
  await debts.reverseInPortal(reversed, 320);
  const other = await debts.comesBack(320);
  const answers = await Promise.all([debts.takeBack(reversed), debts.match(other, { receivable: reversed })]);
  expect(answers[0]).toMatchObject({ status: 200 });
  if (answers[1]?.status !== 200) expect(await debts.match(other, { receivable: reversed })).toMatchObject({ status: 200 });
  expect(await debts.owed()).toBe(before);
  expect((await booksBalance(world)).clearingCents).toBe(0n);
});

test('one debt in two spellings is named twice, and no more is matched to it than is owed', async () => {
  const receivable = await debts.owes(200);
  const depositId = await debts.comesBack(400);
  const parts = [receivable, receivable.toUpperCase()].map((each) => ({ receivable: each, amount: 200 }));
  expect(await debts.match(depositId, { parts })).toMatchObject({ status: 400, body: { code: 'invalid_input' } });
  expect(await debts.match(depositId, { receivable: receivable.toUpperCase(), amount: 200 })).toMatchObject({ status: 200 });
  expect(await debts.match(depositId, { receivable })).toMatchObject({ body: { code: 'unknown_reference' } });
});
