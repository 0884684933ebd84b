import { expect, test } from 'vitest';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { spreadGivenBack } from '#mpesa/refunds/spread-given-back.ts';

const places = (...cents: bigint[]) =>
  cents.map((each, at) => ({
    account: at === 0 ? ACCOUNTS.customerCredit : ACCOUNTS.refunds,
    paymentId: at === 0 ? null : `p${at}`,
    cents: each,
  }));

test.each([
  ['one place that has all of it', [300n, 500n, 900n], 500n, [['p1', 500n]]],
  [
    'each in turn, where no one has',
    [300n, 500n, 600n],
    900n,
    [
      [null, 300n],
      ['p1', 500n],
      ['p2', 100n],
    ],
  ],
  [
    'none that has nothing',
    [0n, -100n, 200n, 400n],
    500n,
    [
      ['p2', 200n],
      ['p3', 300n],
    ],
  ],
  [
    'no more than stands there',
    [300n, 500n],
    900n,
    [
      [null, 300n],
      ['p1', 500n],
    ],
  ],
])('what was refunded in one sum is taken out of %s', (_, standing, cents, taken) => {
  const of = places(...standing);
  expect(spreadGivenBack(of, cents).map((place) => [place.paymentId, place.cents])).toEqual(taken);
  expect(of.reduce((sum, place) => sum + place.cents, 0n)).toBe(
    standing.reduce((sum, each) => sum + each, 0n) - taken.reduce((sum, [, each]) => sum + (each as bigint), 0n),
  );
});
