import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { loanFee } from '#sacco/loans/math/loan-fee.ts';
import { makeSchedule, type SchedulePlan } from '#sacco/loans/math/make-schedule.ts';
import { scaled } from '../../world/counts.ts';
import { slowSchedule } from './slow-schedule.ts';

const plan = (changes: Partial<SchedulePlan> = {}): SchedulePlan => ({
  ...{ method: 'flat', period: 'week', instalments: 10, interestBasisPoints: 0 },
  ...{ principalCents: 500_000n, feeCents: 0n, disbursedOn: '2026-11-30', ...changes },
});
const totals = (changes: Partial<SchedulePlan>) =>
  makeSchedule(plan(changes)).map(({ principalCents, interestCents, feeCents }) => Number(principalCents + interestCents + feeCents) / 100);
const dueDays = (changes: Partial<SchedulePlan>) => makeSchedule(plan(changes)).map(({ dueOn }) => dueOn);

const patience = scaled(20_000);
const runs = (few: number) => ({ numRuns: scaled(few), seed: 3 });

const shillings = fc.oneof(fc.bigInt(1n, 200n), fc.bigInt(1n, 100_000n), fc.bigInt(1n, 50_000_000n)).map((amount) => amount * 100n);
const plans: fc.Arbitrary<SchedulePlan> = fc.record({
  method: fc.constantFrom('flat', 'reducing'),
  period: fc.constantFrom('week', 'month'),
  instalments: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 120 })),
  interestBasisPoints: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 10_000 })),
  principalCents: shillings,
  feeCents: fc.oneof(fc.constant(0n), shillings),
  disbursedOn: fc.constantFrom(
    '2026-11-30',
    '2026-12-31',
    '2027-01-31',
    '2024-01-31',
    '2024-02-29',
    '2027-02-28',
    '2023-03-31',
    '2026-06-15',
  ),
});

describe('a schedule', () => {
  test(
    'is to the cent what the slow one is',
    () => {
      fc.assert(
        fc.property(plans, (given) => {
          expect(makeSchedule(given)).toEqual(slowSchedule(given));
        }),
        runs(400),
      );
    },
    patience,
  );

  test(
    'adds up, is made of whole shillings, equal but the last, and nothing in it is negative or empty',
    () => {
      fc.assert(
        fc.property(plans, (given) => {
          const schedule = makeSchedule(given);
          const sum = (cents: (one: (typeof schedule)[number]) => bigint) => schedule.reduce((all, one) => all + cents(one), 0n);
          expect(sum(({ principalCents }) => principalCents)).toBe(given.principalCents);
          expect(sum(({ feeCents }) => feeCents)).toBe(given.feeCents);
          expect(schedule.length).toBeLessThanOrEqual(given.instalments);
          expect(schedule.map(({ number }) => number)).toEqual(schedule.map((_, at) => at + 1));
          expect(schedule.map(({ dueOn }) => dueOn)).toEqual([...new Set(schedule.map(({ dueOn }) => dueOn))].sort());
          const all = schedule.map(({ principalCents, interestCents, feeCents }) => principalCents + interestCents + feeCents);
          expect(new Set(all.slice(0, -1)).size).toBeLessThanOrEqual(1);
          for (const cents of all) expect(cents > 0n && cents % 100n === 0n).toBe(true);
          for (const { principalCents, interestCents, feeCents } of schedule)
            expect(principalCents >= 0n && interestCents >= 0n && feeCents >= 0n).toBe(true);
        }),
        runs(400),
      );
    },
    patience,
  );

  test(
    'of a reducing balance ends with an instalment that is above the others by no more than rounding can add',
    () => {
      fc.assert(
        fc.property(plans, (given) => {
          const schedule = makeSchedule({ ...given, method: 'reducing', feeCents: 0n });
          const [first, last] = [schedule[0], schedule.at(-1)].map((one) => (one ? one.principalCents + one.interestCents : 0n));
          const rate = given.interestBasisPoints / 10_000;
          const growth = rate === 0 ? 0 : ((1 + rate) ** (schedule.length - 1) - 1) / rate; // half a cent of each interest, with interest
          expect(Number(last)).toBeLessThanOrEqual(Number(first) + growth * (1 + rate) * 0.5 + 0.5 + 100);
        }),
        runs(300),
      );
    },
    patience,
  );
});

describe('the instalments of', () => {
  test('5,000 in ten weeks without interest are 500 each', () => {
    expect(totals({})).toEqual(new Array(10).fill(500));
    expect(totals({ method: 'reducing' })).toEqual(new Array(10).fill(500));
  });

  test('1,000 in three weeks are 333, 333 and 334', () => {
    expect(totals({ principalCents: 100_000n, instalments: 3 })).toEqual([333, 333, 334]);
    expect(totals({ principalCents: 100_000n, instalments: 3, method: 'reducing' })).toEqual([334, 334, 332]);
  });

  test('5,000 at 2 % a week on what is left are 557, and a last one of less', () => {
    const schedule = makeSchedule(plan({ method: 'reducing', interestBasisPoints: 200 }));
    expect(schedule[0]).toMatchObject({ principalCents: 45_700n, interestCents: 10_000n });
    expect(schedule[1]).toMatchObject({ principalCents: 46_614n, interestCents: 9_086n });
    expect(totals({ method: 'reducing', interestBasisPoints: 200 })).toEqual([...new Array(9).fill(557), 553]);
  });

  test('39,200 at 2 % a week in ten weeks end with a shilling more, not with an eleventh: the rounded interests add up', () => {
    expect(totals({ method: 'reducing', interestBasisPoints: 200, principalCents: 3_920_000n })).toEqual([
      ...new Array(9).fill(4_364),
      4_365,
    ]);
  });

  test('10,000 at 10 % flat in four months carry 4,000 of interest, and a fee is spread the same way', () => {
    const schedule = makeSchedule(
      plan({ period: 'month', instalments: 4, interestBasisPoints: 1_000, principalCents: 1_000_000n, feeCents: 25_000n }),
    );
    expect(schedule.map(({ interestCents }) => interestCents)).toEqual([100_000n, 100_000n, 100_000n, 100_000n]);
    expect(schedule.map(({ feeCents }) => feeCents)).toEqual([6_200n, 6_200n, 6_200n, 6_400n]);
  });

  test('one shilling in ten weeks are one instalment, on the last day or the first', () => {
    expect(makeSchedule(plan({ principalCents: 100n }))).toEqual([
      { number: 1, dueOn: '2027-02-08', principalCents: 100n, interestCents: 0n, feeCents: 0n },
    ]);
    expect(makeSchedule(plan({ principalCents: 100n, method: 'reducing' }))).toEqual([
      { number: 1, dueOn: '2026-12-07', principalCents: 100n, interestCents: 0n, feeCents: 0n },
    ]);
  });

  test('a single one are principal and interest together', () => {
    const given = { instalments: 1, interestBasisPoints: 333, principalCents: 12_300n };
    expect(totals(given)).toEqual([127]); // 4.0959 of interest
    expect(totals({ ...given, method: 'reducing' })).toEqual([128]); // 127.10, up to a shilling
  });

  test('half a shilling of flat interest is a whole one', () => {
    expect(totals({ instalments: 1, interestBasisPoints: 50, principalCents: 10_000n })).toEqual([101]);
    expect(totals({ instalments: 1, interestBasisPoints: 49, principalCents: 10_000n })).toEqual([100]);
  });
});

describe('instalments fall due', () => {
  test('every seven days, over the end of a year and a leap day', () => {
    expect(dueDays({ instalments: 5, principalCents: 50_000n })).toEqual([
      '2026-12-07',
      '2026-12-14',
      '2026-12-21',
      '2026-12-28',
      '2027-01-04', // biome-ignore format: a calendar
    ]);
    expect(dueDays({ instalments: 2, disbursedOn: '2028-02-22' })).toEqual(['2028-02-29', '2028-03-07']);
  });

  test('on the same day of the month, or the last of a short one, counted from the day of the loan', () => {
    expect(dueDays({ period: 'month', instalments: 4, disbursedOn: '2026-12-31' })).toEqual([
      '2027-01-31',
      '2027-02-28',
      '2027-03-31',
      '2027-04-30', // biome-ignore format: a calendar
    ]);
    expect(dueDays({ period: 'month', instalments: 2, disbursedOn: '2023-12-30' })).toEqual(['2024-01-30', '2024-02-29']);
    expect(dueDays({ period: 'month', instalments: 12, disbursedOn: '2024-02-29' }).at(-1)).toBe('2025-02-28');
  });
});

test.each([
  { principalCents: 0n },
  { principalCents: -100n },
  { principalCents: 150n },
  { instalments: 0 },
  { feeCents: 50n },
  { feeCents: -100n },
])('nothing is made of %o', (changes) => {
  expect(() => makeSchedule(plan(changes))).toThrow(RangeError);
});

test.each([
  [{ feeCents: 20_000n, feeBasisPoints: 0 }, 500_000n, 20_000n],
  [{ feeCents: 0n, feeBasisPoints: 250 }, 500_000n, 12_500n],
  [{ feeCents: 5_000n, feeBasisPoints: 150 }, 330_000n, 10_000n], // 49.50 and 50
  [{ feeCents: 0n, feeBasisPoints: 149 }, 10_000n, 100n],
  [{ feeCents: 0n, feeBasisPoints: 150 }, 10_000n, 200n],
  [{ feeCents: 0n, feeBasisPoints: 0 }, 10_000n, 0n],
])('the fee by %o of %i cents is %i', (product, principalCents, feeCents) => {
  expect(loanFee(product, principalCents)).toBe(feeCents);
});
