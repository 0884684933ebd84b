import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTasks } from '../paybill/paybill.ts';
import { scaled } from '../world/counts.ts';
import { type Lender, openLender } from './open-lender.ts';

let lender: Lender;

beforeAll(async () => {
  lender = await openLender({ customers: 2 });
});
afterAll(() => lender.world.stop());

const PLANS = [
  { responseLost: true },
  { timedOut: true, lateMs: 90_000 },
  { responseError: true },
  { copies: 3 },
  { lost: true },
  { resultFirst: true },
  { outcome: 'not-registered' as const },
];

test('whatever breaks on the way, the database too, while everybody presses, each loan is sent once and begins once', async () => {
  const { world } = lender;
  const loans: Awaited<ReturnType<Lender['approved']>>[] = [];
  for (let n = 0; n < scaled(4); n++) loans.push(await lender.approved(1_000));
  const press = (who: { authorization: string }) => loans.map(({ loanId }) => lender.disburse(loanId, who).catch(() => undefined));
  for (const plan of PLANS) {
    lender.plan({ api: 'b2c', next: 1, ...plan });
    const presses = [...press(lender.treasurer), ...press(lender.second)];
    await world.database.dropConnections();
    await Promise.all(presses);
    await world.pass(1);
  }
  for (let minute = 0; minute < 20; minute++) {
    if (minute % 5 === 0) await Promise.all(press(lender.second));
    await world.pass(1);
  }
  for (const { loanId, member } of loans) {
    expect(await lender.standing(loanId)).toMatchObject({ state: 'active', lentCents: 100_000n, instalments: 10 });
    expect(lender.sentTo(member.phone)).toBe(1_000);
  }
  expect(await openTasks(world)).not.toHaveProperty('loan_paid_twice');
  await lender.expectBooksToBalance();
}, 60_000);
