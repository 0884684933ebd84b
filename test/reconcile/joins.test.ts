import { afterAll, beforeAll, expect, test } from 'vitest';
import { HEADER, paymentRow, type Row, toCsv } from '../statements/sample-statement.ts';
import { signedIn } from '../world/person.ts';
import { startWorld, type World } from '../world/world.ts';
import { imported, signOff } from './importing.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld({ environment: { MPESA_SHORTCODES: '600981,600982,600983,600984,600985' } });
});
afterAll(() => world.stop());

/** `at`: with the time of that number. */
type Day = { day: number; n: number; at?: number; amount?: number };

/** What the portal exports of these days: payments, given oldest first, on top of an opening balance. */
function statement(shortcode: string, from: number, to: number, opening: number, days: Day[]): Buffer {
  const on = (day: number) => `${String(day).padStart(2, '0')}-11-2026`;
  let balance = opening;
  const rows = days.map(({ day, n, at = n, amount = 10 }): Row => {
    balance += amount;
    const form = { amount, balance, day: on(day), code: `UK${'0123456789ABCDEFGHIJKLMNOPQRSTU'[day]}`, total: 1_000 };
    const receipt = String(paymentRow(n, form)[0]);
    return paymentRow(at, form).with(0, `${receipt.slice(0, 3)}${shortcode.slice(-1)}${receipt.slice(4)}`);
  });
  const paidIn = days.reduce((sum, { amount = 10 }) => sum + amount, 0);
  return toCsv([
    ['Account Holder:', 'MFANO TRADERS LIMITED'],
    ['Short Code:', shortcode],
    ['Account:', 'Utility Account'],
    ['Time Period:', 'From', `${on(from)} 00:00:00`, 'To', `${on(to)} 23:59:59`],
    ['Operator:', 'tester1', 'Organization:', 'MFANO TRADERS LIMITED', 'Date of Report:', '21-11-2026 07:00:01'],
    ['Opening Balance:', opening, 'Closing Balance:', balance, 'Available Balance:', '', 'Total Paid In:', paidIn, 'Total Withdrawn:', 0],
    HEADER,
    ...rows.toReversed(),
  ]);
}

const uploaded = async (bytes: Buffer) => {
  const shown = await imported(world, bytes);
  expect([shown.state, shown.refused, shown.whole]).toEqual(['matched', null, true]);
  return shown.statementId;
};
const decided = async (response: Response) => [response.status, ((await response.json()) as { code?: string }).code];
const signed = async (bytes: Buffer) => decided(await signOff(world, await uploaded(bytes), await signedIn(world, 'treasurer')));
const SIGNED = [200, undefined];
const DOES_NOT_JOIN = [409, 'statement_does_not_join'];

test('a statement of days before a signed one is signed only if it leaves what that one opens with, gaps filled from the latest to the earliest', async () => {
  const code = '600981';
  expect(await signed(statement(code, 10, 11, 500, [{ day: 10, n: 1 }]))).toEqual(SIGNED);
  expect(await signed(statement(code, 9, 9, 0, [{ day: 9, n: 1 }]))).toEqual(DOES_NOT_JOIN); // it leaves 10, not 500
  expect(await signed(statement(code, 9, 9, 500, []))).toEqual(SIGNED);
  expect(await signed(statement(code, 1, 5, 100, [{ day: 3, n: 1, amount: 50 }]))).toEqual(DOES_NOT_JOIN); // the days between are missing
  expect(await signed(statement(code, 6, 8, 150, [{ day: 7, n: 1, amount: 350 }]))).toEqual(SIGNED);
  expect(await signed(statement(code, 1, 5, 100, [{ day: 3, n: 1, amount: 50 }]))).toEqual(SIGNED);
  // and on, the days between first
  expect(await signed(statement(code, 14, 14, 530, [{ day: 14, n: 1 }]))).toEqual(DOES_NOT_JOIN);
  expect(
    await signed(
      statement(code, 12, 14, 510, [
        { day: 12, n: 1, amount: 20 },
        { day: 14, n: 1 },
      ]),
    ),
  ).toEqual(SIGNED);
});

test('a statement that has days of a signed one has the same lines and balances for them', async () => {
  const code = '600982';
  const days: Day[] = [
    { day: 10, n: 1 },
    { day: 11, n: 2, amount: 30 },
    { day: 12, n: 3 },
  ];
  expect(await signed(statement(code, 10, 12, 100, days))).toEqual(SIGNED);
  // longer before, and the balance of the tenth is another one
  expect(await signed(statement(code, 8, 12, 0, [{ day: 9, n: 1 }, ...days]))).toEqual(DOES_NOT_JOIN);
  // the same balances at both ends, and another payment in between: inside, around, and over the end
  const others = days.with(1, { day: 11, n: 7, amount: 30 });
  expect(await signed(statement(code, 10, 12, 100, others))).toEqual(DOES_NOT_JOIN);
  expect(await signed(statement(code, 9, 13, 90, [{ day: 9, n: 1 }, ...others, { day: 13, n: 1 }]))).toEqual(DOES_NOT_JOIN);
  expect(await signed(statement(code, 11, 13, 110, [...others.slice(1), { day: 13, n: 1 }]))).toEqual(DOES_NOT_JOIN);
  // one line less, and its sum in another
  expect(await signed(statement(code, 11, 12, 110, [{ day: 12, n: 3, amount: 40 }]))).toEqual(DOES_NOT_JOIN);
  expect(await signed(statement(code, 9, 13, 90, [{ day: 9, n: 1 }, ...days, { day: 13, n: 1 }]))).toEqual(SIGNED);
});

test('a file that was exported while its last day went on does not stand against the whole day', async () => {
  const code = '600983';
  const [early, late]: Day[] = [
    { day: 10, n: 1 },
    { day: 10, n: 900 },
  ];
  expect(await signed(statement(code, 10, 10, 0, [early as Day]))).toEqual(SIGNED);
  expect(await signed(statement(code, 10, 11, 0, [early as Day, late as Day, { day: 11, n: 1 }]))).toEqual(SIGNED);
  expect(await signed(statement(code, 12, 12, 30, [{ day: 12, n: 1 }]))).toEqual(SIGNED);
});

test('a file that ends in the middle of a second does not stand against one that has all of it; one that lacks a line of it does', async () => {
  const code = '600985';
  const [one, two, three]: Day[] = [
    { day: 10, n: 1 },
    { day: 10, n: 500 },
    { day: 10, n: 501, at: 500, amount: 20 },
  ];
  const day = (...days: (Day | undefined)[]) => statement(code, 10, 11, 0, days as Day[]);
  expect(await signed(day(one, two))).toEqual(SIGNED);
  expect(await signed(day(one, two, three))).toEqual(SIGNED); // the same second
  expect(await signed(day(one, two, { day: 11, n: 1 }))).toEqual(DOES_NOT_JOIN);
  expect(await signed(day(one, two, three, { day: 11, n: 1 }))).toEqual(SIGNED);
});

test('of two statements that do not join each other, signed at the same moment, one is', async () => {
  const code = '600984';
  const both = [
    await uploaded(statement(code, 10, 10, 0, [{ day: 10, n: 1 }])),
    await uploaded(statement(code, 9, 9, 0, [{ day: 9, n: 1 }])),
  ];
  const [one, two] = [await signedIn(world, 'treasurer'), await signedIn(world, 'treasurer')];
  // what a decision writes last waits, so that both are judged before either is written
  const held = world.database.sql('do $$ begin lock table audit in exclusive mode; perform pg_sleep(2); end $$');
  await new Promise((resolve) => setTimeout(resolve, 300));
  const answers = await Promise.all(both.map((id, at) => signOff(world, id, at === 0 ? one : two)));
  await held;
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
});
