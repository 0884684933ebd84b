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

const lend = async () => makeLoan(world, { member: await makeMember(world), product: await makeProduct(world, { excess: 'full' }) });

test('told money, then proved money that pays off the rest: once the told money is proved, a message says that the loan is paid', async () => {
  const treasurer = await makeTreasurer(world);
  const loan = await lend();
  await pay(world, loan.reference, 4000);
  await world.pass(1);
  const { prompt } = await push(world, { items: undefined, type: 'loan_repayment', subject: loan.reference, amount: 1000 });
  await world.simulator.control.answer(prompt?.checkoutRequestId ?? '', { pin: '1234' });
  await world.pass(2);
  expect(smsTo(world, loan.member).at(-1)).toContain('The loan closes once it is confirmed.');
  await prove(world);
  await world.pass(3);
  expect(await world.database.sql('select state from loans where id = $1', [loan.id])).toEqual([{ state: 'closed' }]);
  expect(smsTo(world, loan.member).at(-1)).toMatch(/Your loan LN-\w+ of KES 5,000 is fully paid\. Thank you\./);
  expect(smsTo(world, loan.member).filter((text) => text.includes('fully paid'))).toHaveLength(1);
  expect(smsTo(world, treasurer).filter((text) => text.includes('fully paid'))).toHaveLength(1);
});
