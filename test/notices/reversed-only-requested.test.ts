import { afterAll, beforeAll, expect, test } from 'vitest';
import { payTruly, prove, repaymentsOf, send } from '../loans/repaying.ts';
import { register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { makeLoan, makeMember } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { goTo, makeTreasurer, smsTo } from './telling.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { NOTICES_PER_DAY: '1000' } });
  await register(world);
  await payTruly(world, 'SHAMBA', 50_000);
  await prove(world);
});
afterAll(() => world.stop());

test('a reversed repayment whose refund is only requested: no treasurer reads that the money was matched or refunded', async () => {
  const { phone: treasurer } = await makeTreasurer(world);
  const key = await operator(world, 'repayments:reverse', 'reversals:request');
  const loan = await makeLoan(world, { member: await makeMember(world) });
  await goTo(world, '2026-11-22T20:00:00Z');
  const phone = newPhone();
  await world.simulator.control.payBill({ phone, amountShillings: 500, account: loan.reference });
  await world.clock.advance(10_000);
  await world.settled();
  await prove(world);
  const [repaid] = await repaymentsOf(world, loan);
  const { body } = await send(world, `/api/repayments/${repaid?.id}/reverse`, { reason: 'Paid by mistake' }, key);
  const asked = await send(
    world,
    '/api/refunds',
    { depositId: body.depositId, phoneNumber: phone, method: 'b2c', reason: 'Paid by mistake' },
    await signedIn(world, 'treasurer'),
  );
  expect(asked.status).toBe(201);
  await goTo(world, '2026-11-23T05:02:00Z');
  await world.pass(2);
  const [held] = await world.database.sql<{ state: string }>('select state from payouts where id = $1', [asked.body.payoutId]);
  expect(held?.state).toBe('requested');
  const told = smsTo(world, { phone: treasurer }).filter((text) => text.includes('was reversed'));
  expect(told.length).toBe(1);
  expect(told.join()).toContain('The money has been matched since, or its refund requested or paid, in whole or in part.');
});
