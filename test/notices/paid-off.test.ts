import { afterAll, beforeAll, expect, test } from 'vitest';
import { pay, prove } from '../loans/repaying.ts';
import { push } from '../world/checkout.ts';
import { makeLoan, makeMember, makeProduct } from '../world/lending.ts';
import { startWorld, type World } from '../world/world.ts';
import { makeTreasurer, smsTo } from './telling.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { NOTICES_PER_DAY: '1000' } });
});
afterAll(() => world.stop());

/** A loan of KES 5,000, of which a payment pays as much as it can. */
const lend = async () => makeLoan(world, { member: await makeMember(world), product: await makeProduct(world, { excess: 'full' }) });

test('a repayment that pays off the loan is one message, to the borrower and to the treasurer', async () => {
  const treasurer = await makeTreasurer(world);
  const loan = await lend();
  const { prompt } = await push(world, { items: undefined, type: 'loan_repayment', subject: loan.reference, amount: 5000 });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  expect(await world.database.sql('select state from loans where id = $1', [loan.id])).toEqual([{ state: 'closed' }]);
  const [toMember, ...more] = smsTo(world, loan.member);
  expect(toMember).toMatch(/We received KES 5,000 \(\w+\)\. It went to loan LN-\w+\. The loan is fully paid\./);
  expect(more).toEqual([]);
  const [toTreasurer, ...others] = smsTo(world, treasurer);
  expect(toTreasurer).toMatch(/paid KES 5,000 \(\w+\) for loan LN-\w+\. All of it went to the loan\. The loan is fully paid\./);
  expect(others).toEqual([]);
});

test('where told money paid it off, a second message says so once the money is proved', async () => {
  const loan = await lend();
  await pay(world, loan.reference, 5000);
  await world.pass(1);
  expect(smsTo(world, loan.member)).toEqual([expect.stringContaining('The loan closes once it is confirmed.')]);
  await prove(world);
  await world.pass(2);
  expect(smsTo(world, loan.member)).toEqual([
    expect.any(String),
    expect.stringMatching(/Your loan LN-\w+ of KES 5,000 is fully paid\. Thank you\./),
  ]);
});
