import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Marketplace, movedBy, openMarketplace } from '../bookings/marketplace.ts';
import { owe, payBill, register } from '../paybill/paybill.ts';
import { newPhone, statusOf } from '../world/checkout.ts';
import { makeMember } from '../world/lending.ts';
import { signedIn } from '../world/person.ts';
import type { World } from '../world/world.ts';
import { exported, importedAndSigned } from './importing.ts';

// A part was paid back by hand (paid_out), then the whole payment is reversed in the portal: what was given twice is owed, nothing else.

let world: World;
let place: Marketplace;
beforeAll(async () => {
  place = await openMarketplace();
  world = place.world;
  await register(world);
  await payBill(world, { account: 'SHAMBA', amountShillings: 20_000 });
  await world.pass(6);
});
afterAll(() => world.stop());

const treasurer = () => signedIn(world, 'treasurer');
const today = () => new Date(world.clock.now().getTime() + 3 * 3_600_000).toISOString().slice(0, 10);
const post = async (path: string, body: Record<string, unknown>) => place.send(path, body, await treasurer());
const sign = async () => importedAndSigned(world, (await exported(world)).bytes);
async function byHand(amount: number, of: object) {
  const { receipt } = world.simulator.control.payByHand({ phone: newPhone(), amountShillings: amount });
  await sign();
  const { body } = await post('/api/float-entries', { kind: 'paid_out', receipt, amount, on: today(), note: 'By hand', ...of });
  const answer = await post(`/api/float-entries/${body.entryId}/approve`, {});
  await world.pass(2);
  return [answer.status, answer.body.code];
}
async function paid(account: string, amountShillings: number) {
  const paying = await payBill(world, { account, amountShillings });
  await world.pass(6);
  const receipt = 'receipt' in paying ? paying.receipt : '';
  const [row] = await world.database.sql<{ id: string }>('select id from deposits where receipt = $1', [receipt]);
  return { receipt, depositId: row?.id ?? '' };
}
async function reversedWhole({ receipt, depositId }: { receipt: string; depositId: string }, amountShillings?: number) {
  world.simulator.control.reverseByHand({ receipt, ...(amountShillings && { amountShillings }) });
  await world.clock.advance(60_000);
  await sign();
  const back = await post(`/api/deposits/${depositId}/take-back`, { reason: 'Given back' });
  await world.pass(2);
  return [back.status, back.body.code];
}
const credits = async (paymentId: string) =>
  (
    await world.database.sql<{ sold: string; credited: string }>(
      "select (sum(total_cents) filter (where kind <> 'credit_note'))::text as sold, coalesce(sum(total_cents) filter (where kind = 'credit_note'), 0)::text as credited from invoices where payment_id = $1",
      [paymentId],
    )
  )[0];

test.each([undefined, 1_100])('of a sale, reversed: %s', async (part) => {
  let paymentId = '';
  const changes = await movedBy(world, async () => {
    const owed = await owe(world);
    paymentId = owed.paymentId;
    const amount = (await statusOf(world, paymentId)).amount as number;
    const money = await paid(owed.reference, amount);
    expect(await byHand(300, { depositId: money.depositId })).toEqual([200, undefined]);
    expect(await reversedWhole(money, part)).toEqual([200, undefined]);
  });
  const { sold, credited } = (await credits(paymentId)) ?? {};
  const twice = BigInt((300 + (part ?? 1_250) - 1_250) * 100);
  expect([sold === credited, changes]).toEqual([true, { paybill_float: -twice, receivables: twice }]);
});

test.each([undefined, 400])('of savings, reversed: %s', async (part) => {
  const member = await makeMember(world);
  await paid(member.savingsReference, 900); // which stays: it is other money
  const changes = await movedBy(world, async () => {
    const money = await paid(member.savingsReference, 500);
    expect(await byHand(200, { depositId: money.depositId })).toEqual([200, undefined]);
    expect(await reversedWhole(money, part)).toEqual([200, undefined]);
  });
  const twice = BigInt((200 + (part ?? 500) - 500) * 100);
  expect(changes).toEqual({ paybill_float: -twice, receivables: twice });
});

test('of savings that had been used, and are other money since: what was owed already is not taken out of that', async () => {
  const member = await makeMember(world);
  const changes = await movedBy(world, async () => {
    const money = await paid(member.savingsReference, 500);
    await world.database.sql(
      "insert into transfers (id, kind, source_id, leg, debit_account, credit_account, amount_cents, booked_at) values (gen_random_uuid(), 'unmatch', gen_random_uuid(), 1, $1, 'suspense', 50000, now())",
      [`savings:${member.accountId}`],
    );
    expect(await reversedWhole(money, 200)).toEqual([200, undefined]);
    await paid(member.savingsReference, 900);
    expect(await byHand(300, { depositId: money.depositId })).toEqual([200, undefined]);
    expect(await reversedWhole(money, 300)).toEqual([200, undefined]);
  });
  expect(changes).toEqual({ paybill_float: 60_000n, savings: 60_000n, suspense: 50_000n, receivables: 50_000n });
});
