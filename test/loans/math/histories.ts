import fc from 'fast-check';
import { addDays, type Day, nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';
import { COMPONENTS } from '#sacco/loans/math/allocation-order.ts';
import { makeSchedule } from '#sacco/loans/math/make-schedule.ts';
import type { LoanHistory, Terms } from '#sacco/loans/math/terms.ts';

/** Days around which calendars go wrong. */
const starts = fc.constantFrom(
  '2026-11-30',
  '2026-12-31',
  '2027-01-31',
  '2024-01-31',
  '2023-12-29',
  '2024-02-29',
  '2028-01-30',
  '2026-03-31',
);

const cents = (max: number) => fc.integer({ min: 0, max }).map(BigInt);

const terms: fc.Arbitrary<Terms> = fc.record({
  period: fc.constantFrom('week', 'month'),
  graceDays: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(6, 13), fc.integer({ min: 0, max: 40 })), // 6: the day the next instalment is due
  penalty: fc.oneof(
    { weight: 1, arbitrary: fc.constant({ kind: 'none' as const }) },
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('fixed' as const), amountCents: cents(60_000) }) },
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('percent' as const), basisPoints: fc.integer({ min: 0, max: 3_000 }) }) },
  ),
  frequency: fc.constantFrom('once', 'per_period', 'per_period'),
  capCents: fc.oneof(fc.constant(null), cents(100_000)),
  inDuplum: fc.boolean(),
  allocationOrder: fc.shuffledSubarray([...COMPONENTS], { minLength: 4 }),
  excess: fc.constantFrom('instalment', 'full'),
  earlySettlement: fc.constantFrom('all_interest', 'interest_to_date'),
});

const plan = fc.record({
  method: fc.constantFrom('flat' as const, 'reducing' as const),
  instalments: fc.integer({ min: 1, max: 8 }),
  interestBasisPoints: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 1_000 }), fc.integer({ min: 1_000, max: 6_000 })),
  principalCents: fc.integer({ min: 1, max: 5_000 }).map((shillings) => BigInt(shillings) * 100n),
  feeCents: fc.oneof(fc.constant(0n), fc.constant(30_000n)),
});

/** A moment some days after a loan was paid out, often the first or the last of its day in Nairobi, and often the same as another. */
const moment = (from: Day, days: number): fc.Arbitrary<Date> =>
  fc
    .tuple(fc.integer({ min: 0, max: days }), fc.constantFrom(0, 24 * 3_600_000 - 1, 9 * 3_600_000, 20 * 3_600_000))
    .map(([day, ms]) => new Date(nairobiMoment(addDays(from, day)).getTime() + ms));

const amount = fc.oneof(
  fc.integer({ min: 1, max: 50 }).map((shillings) => BigInt(shillings) * 100n),
  fc.integer({ min: 1, max: 1_500 }).map((shillings) => BigInt(shillings) * 100n),
  cents(200_000),
  cents(900_000),
);

/** Any loan: its history, and a day up to which it is looked at, the end of all events or later. */
export const histories: fc.Arbitrary<{ history: LoanHistory; upTo: Day }> = fc
  .tuple(terms, plan, starts)
  .chain(([termsOf, planOf, start]) => {
    const instalments = makeSchedule({ ...planOf, period: termsOf.period, disbursedOn: start });
    const span = (termsOf.period === 'week' ? 7 : 31) * (instalments.length + 3);
    const numbers = fc.integer({ min: 1, max: Math.min(3, instalments.length) });
    return fc
      .record({
        repayments: fc.array(
          fc
            .record({ id: fc.uuid(), receivedAt: moment(start, span), amountCents: amount, settles: fc.nat(4).map((one) => one === 0) })
            .map((one) => ({ ...one, amountCents: one.settles ? one.amountCents * 8n : one.amountCents })), // else it hardly ever covers the settlement
          { maxLength: 7 },
        ),
        waivers: fc.array(
          fc.record({
            id: fc.uuid(),
            grantedAt: moment(start, span),
            number: numbers,
            period: fc.integer({ min: 1, max: 3 }),
            amountCents: amount,
          }),
          { maxLength: 3 },
        ),
        rest: fc.integer({ min: 0, max: 60 }),
      })
      .map(({ repayments, waivers, rest }) => {
        const days = [
          start,
          ...repayments.map(({ receivedAt }) => nairobiDay(receivedAt)),
          ...waivers.map(({ grantedAt }) => nairobiDay(grantedAt)),
        ];
        return { history: { terms: termsOf, instalments, repayments, waivers }, upTo: addDays(days.sort().at(-1) ?? start, rest) };
      });
  });

/** What had happened by the end of a day. */
export const knownBy = (history: LoanHistory, day: Day): LoanHistory => ({
  ...history,
  repayments: history.repayments.filter(({ receivedAt }) => nairobiDay(receivedAt) <= day),
  waivers: history.waivers.filter(({ grantedAt }) => nairobiDay(grantedAt) <= day),
});
