import { afterAll, beforeAll, expect, test } from 'vitest';
import { push } from '../world/checkout.ts';
import { makeLoan, makeMember } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { confirm, noticeBody, openTasks, validate } from './paybill.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { PAYBILL_UNKNOWN_REFERENCE: 'refuse', MPESA_TILL_NUMBER: '5551234' } });
});
afterAll(() => world.stop());

test('where that is configured, a reference that names nothing is refused', async () => {
  expect(await validate(world, noticeBody({ BillRefNumber: 'SHAMBA' }))).toMatchObject({ ResultCode: 'C2B00012' });
  expect(await validate(world, noticeBody({ BillRefNumber: '' }))).toMatchObject({ ResultCode: 'C2B00012' });
  const { body } = await push(world);
  expect(await validate(world, noticeBody({ BillRefNumber: body.reference }))).toMatchObject({ ResultCode: '0' });
});

test('a loan, an account and an old name of one take any amount at any time, there too', async () => {
  const { savingsReference, accountId } = await makeMember(world);
  const { reference, id } = await makeLoan(world);
  await world.database.sql("insert into standing_references values ('1N123', 'loan', $1, now()), ('SHAMBA17', 'savings', $2, now())", [
    id,
    accountId,
  ]);
  await world.database.resetRoundTrips();
  for (const typed of [
    savingsReference,
    savingsReference.toLowerCase(),
    reference,
    reference.replace('LN-', 'loan '),
    'LOAN-123',
    'shamba 17',
  ])
    expect(await validate(world, noticeBody({ BillRefNumber: typed, TransAmount: '7' }))).toEqual({
      ResultCode: '0',
      ResultDesc: 'Accepted',
    });
  expect(await world.database.roundTrips()).toBe(6);
  expect(await validate(world, noticeBody({ BillRefNumber: 'LOAN-124' }))).toMatchObject({ ResultCode: 'C2B00012' });
});

test('a prompt for savings is paid at the paybill with any amount, also again', async () => {
  const { savingsReference } = await makeMember(world);
  const { body } = await push(world, { items: undefined, type: 'savings', subject: savingsReference, amount: 400 });
  for (const TransAmount of ['400', '150', '900']) {
    expect(await validate(world, noticeBody({ BillRefNumber: body.reference, TransAmount }))).toMatchObject({ ResultCode: '0' });
    await confirm(world, noticeBody({ BillRefNumber: body.reference, TransAmount }));
  }
});

test('a till asks for no reference, so none is missed', async () => {
  const atTill = { TransactionType: 'Buy Goods', BusinessShortCode: '5551234', BillRefNumber: null };
  expect(await validate(world, noticeBody(atTill))).toMatchObject({ ResultCode: '0' });
  await confirm(world, noticeBody(atTill));
  expect(await openTasks(world)).toEqual({ unidentified_deposit: 1 });
});

test('a confirmation is booked all the same: it cannot be refused', async () => {
  await confirm(world, noticeBody({ BillRefNumber: 'SHAMBA' }));
  expect(await openTasks(world)).toEqual({ unidentified_deposit: 2 });
});
