import { afterAll, beforeAll, expect, test } from 'vitest';
import { balances } from '#books/ledger/balance.ts';
import { lookupHash } from '#ground/db/encryption.ts';
import { openTask } from '#ground/tasks/open-tasks.ts';
import { confirm, newReceipt, noticeBody, payBill, register } from '../paybill/paybill.ts';
import { fill, post } from '../payouts/bulk.ts';
import { newPhone } from '../world/checkout.ts';
import { type Signed, signInAs } from '../world/people.ts';
import { signedIn } from '../world/person.ts';
import { booksBalance, startWorld, type World } from '../world/world.ts';

let world: World;
let treasurer: { authorization: string };
let debtor: Signed;

beforeAll(async () => {
  world = await startWorld();
  await register(world);
  treasurer = await signedIn(world, 'treasurer');
  debtor = await signInAs(world, 'treasurer');
  await fill(world, 1);
});
afterAll(() => world.stop());

/** A payout that gave back so much more than there was, as close-refund.ts books it. */
async function owes(shillings: number, phoneNumber = newPhone()): Promise<string> {
  const { body } = await post(world, '/api/payouts', { phoneNumber, amount: shillings, reason: 'Refund' }, treasurer);
  const payoutId = String(body.payoutId);
  const now = world.clock.now();
  await world.database.sql("select book_1('given_twice', $1, 1, 'receivables', 'expenses', $2, $3)", [payoutId, shillings * 100, now]);
  await openTask(world.app.db, { kind: 'refund_exceeds_payment', subject: payoutId, openedAt: now });
  return payoutId;
}
/** Proved money in suspense. */
async function comesBack(amountShillings: number): Promise<string> {
  const paid = await payBill(world, { account: 'NIMEREJESHA', amountShillings });
  const receipt = 'receipt' in paid ? paid.receipt : '';
  await world.pass(5);
  return depositOf(receipt);
}
async function depositOf(receipt: string): Promise<string> {
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return row?.id ?? '';
}
const match = (depositId: string, body: object, by = treasurer) => post(world, `/api/deposits/${depositId}/match`, body, by);
const owed = async () => (await balances(world.app.db)).receivables ?? 0n;
const tasks = (payoutId: string) =>
  world.database.sql('select closed_by, note from reviews where kind = $1 and subject = $2 and closed_at is not null', [
    'refund_exceeds_payment',
    payoutId,
  ]);

test('what somebody sends back is matched to what they owe, in parts, and the last shilling closes the task', async () => {
  const before = await owed();
  const receivable = await owes(500);
  const [first, second] = [await comesBack(200), await comesBack(400)];
  expect(await match(first, { receivable })).toMatchObject({ status: 200, body: { paid: [{ receivable, amount: 200 }], left: 0 } });
  expect(await tasks(receivable)).toEqual([]);
  expect(await match(second, { receivable })).toMatchObject({ status: 422, body: { code: 'amount_mismatch', owed: 300 } });
  expect(await match(second, { receivable, amount: 300 })).toMatchObject({ status: 200, body: { left: 100 } });
  expect(await owed()).toBe(before);
  expect(await tasks(receivable)).toEqual([{ closed_by: expect.stringContaining('person:'), note: 'It was given back.' }]);
  expect((await booksBalance(world)).clearingCents).toBe(0n);
  expect(await match(second, { receivable })).toMatchObject({ status: 422, body: { code: 'unknown_reference' } });
});

test('of two who match at once no more is booked than is owed', async () => {
  const receivable = await owes(500);
  const both = [await comesBack(500), await comesBack(500)];
  const answers = await Promise.all(both.map((depositId) => match(depositId, { receivable })));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
});

test('money that is only told pays nothing back', async () => {
  const receivable = await owes(300);
  const receipt = newReceipt();
  await confirm(world, noticeBody({ TransID: receipt, TransAmount: '300', BillRefNumber: 'NIMEREJESHA' }));
  expect(await match(await depositOf(receipt), { receivable })).toMatchObject({ status: 409, body: { code: 'receipt_unconfirmed' } });
});

test("nobody matches money to what they owe themselves, and not to what is nobody's", async () => {
  const receivable = await owes(300, debtor.phone);
  const [hash] = await world.database.sql<{ phone_hash: string }>('select phone_hash from payouts where id = $1', [receivable]);
  expect(hash?.phone_hash).toBe(lookupHash(debtor.phone));
  const depositId = await comesBack(300);
  expect(await match(depositId, { receivable }, debtor.headers)).toMatchObject({ body: { code: 'own_account' } });
  expect(await match(depositId, { receivable: '00000000-0000-4000-8000-000000000000' })).toMatchObject({
    body: { code: 'unknown_reference' },
  });
  expect(await match(depositId, { receivable })).toMatchObject({ status: 200 });
});
