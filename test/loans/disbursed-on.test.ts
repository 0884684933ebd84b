import { afterAll, beforeAll, expect, test } from 'vitest';
import { signedIn } from '../world/person.ts';
import { type Lender, openLender } from './open-lender.ts';

const HOUR = 3_600_000;

let lender: Lender;
beforeAll(async () => {
  lender = await openLender();
});
afterAll(() => lender.world.stop());

/** Shortly before midnight in Nairobi, with an approved loan. */
async function lateInTheEvening() {
  const { world } = lender;
  await signIn();
  const approved = await lender.approved(1_000);
  const evening = new Date(world.clock.now());
  evening.setUTCHours(20, 50, 0, 0);
  if (evening <= world.clock.now()) evening.setUTCDate(evening.getUTCDate() + 1);
  await world.clock.advance(evening.getTime() - world.clock.now().getTime());
  const due = new Date(evening.getTime() + 3 * HOUR + 7 * 24 * HOUR).toISOString().slice(0, 10);
  return { ...approved, day: new Date(evening.getTime() + 3 * HOUR).toISOString().slice(0, 10), due };
}
const firstDue = async (loanId: string) =>
  (await lender.world.database.sql<{ due: string }>('select min(due_on)::text as due from instalments where loan_id = $1', [loanId]))[0]
    ?.due;
/** A session lasts twelve hours. */
const signIn = async () => Object.assign(lender.treasurer, await signedIn(lender.world, 'treasurer'));
const disburse = async (loanId: string) => {
  await signIn();
  expect((await lender.disburse(loanId)).status).toBe(200);
  await lender.world.pass(1);
};

test('a loan begins on the day on which M-PESA paid it, though the result came on the next', async () => {
  const { loanId, day, due } = await lateInTheEvening();
  lender.plan({ api: 'b2c', next: 1, callbackMs: 2 * HOUR });
  await disburse(loanId);
  await lender.world.clock.advance(3 * HOUR);
  await lender.world.pass(2);
  expect(await lender.standing(loanId)).toMatchObject({ state: 'active', disbursed_on: day });
  expect(await firstDue(loanId)).toBe(due);
});

test('and though only a status answer told of it', async () => {
  const { loanId, day, due } = await lateInTheEvening();
  lender.plan({ api: 'b2c', next: 1, lost: true });
  await disburse(loanId);
  await lender.world.clock.advance(3 * HOUR);
  await lender.world.pass(4);
  expect(await lender.standing(loanId)).toMatchObject({ state: 'active', disbursed_on: day });
  expect(await firstDue(loanId)).toBe(due);
});

test('but never before its payout was approved: such a stamp is none, and the day on which we heard counts', async () => {
  const { loanId, day } = await lateInTheEvening();
  lender.plan({
    api: 'b2c',
    next: 1,
    bodyEdits: [{ find: `${day.slice(8)}.${day.slice(5, 7)}.${day.slice(0, 4)}`, replace: '01.11.2026' }],
  });
  await disburse(loanId);
  await lender.world.pass(2);
  expect(await lender.standing(loanId)).toMatchObject({ state: 'active', disbursed_on: day });
  expect(await lender.world.database.sql('select moved_at from withdrawals order by settled_at desc limit 1')).toEqual([
    { moved_at: null },
  ]);
});
