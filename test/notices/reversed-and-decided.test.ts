import { afterAll, beforeAll, expect, test } from 'vitest';
import { payTruly, prove, repaymentsOf, send } from '../loans/repaying.ts';
import { match, register } from '../paybill/paybill.ts';
import { newPhone } from '../world/checkout.ts';
import { makeLoan, makeMember } from '../world/lending.ts';
import { operator } from '../world/operator.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { goTo, smsTo } from './telling.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { NOTICES_PER_DAY: '1000' } });
  await register(world);
  await payTruly(world, 'SHAMBA', 50_000);
  await prove(world);
});
afterAll(() => world.stop());

test('a repayment that was reversed at night and matched to its own loan before the message is sent: nobody reads that it is still being checked', async () => {
  const key = await operator(world, 'repayments:reverse', 'reversals:request');
  const [wrong, right] = [
    await makeLoan(world, { member: await makeMember(world) }),
    await makeLoan(world, { member: await makeMember(world) }),
  ];
  await goTo(world, '2026-11-21T20:00:00Z'); // 23:00 in Nairobi
  await payTruly(world, wrong.reference, 500);
  await prove(world);
  const [repaid] = await repaymentsOf(world, wrong);
  const { body } = await send(world, `/api/repayments/${repaid?.id}/reverse`, { reason: 'Of another member' }, key);
  expect((await match(world, String(body.depositId), { standingReference: right.reference })).status).toBe(200); // decided, and no more ours to check
  await goTo(world, '2026-11-22T05:02:00Z'); // 08:02
  await world.pass(2);
  const told = (await smsTo(world, wrong.member)).join('\n');
  expect(told).toContain('was reversed and no longer counts');
  expect(told).not.toContain('are checking what it was for');
});

test('nor one that was refunded meanwhile: nobody reads that we still have the money', async () => {
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
  expect(asked).toEqual({ status: 201, body: expect.anything() });
  const decided = await send(world, `/api/payouts/${asked.body.payoutId}/decision`, {}, await signedIn(world, 'admin'));
  expect(decided).toMatchObject({ status: 200 });
  await world.pass(5);
  const [payout] = await world.database.sql('select state from payouts where id = $1', [asked.body.payoutId]);
  expect(payout).toEqual({ state: 'paid' });
  await goTo(world, '2026-11-23T05:02:00Z');
  await world.pass(2);
  const told = (await smsTo(world, loan.member)).join('\n');
  expect(told).toContain('was reversed and no longer counts');
  expect(told).not.toContain('We still have the money');
});
