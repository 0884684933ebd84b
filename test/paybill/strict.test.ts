import { afterAll, beforeAll, expect, test } from 'vitest';
import { push } from '../world/checkout.ts';
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
