import { describe, expect, test } from 'vitest';
import { nairobiMoment } from '#ground/time/nairobi.ts';
import { amountsDue, taken } from '#sacco/loans/math/amounts-due.ts';
import { makeSchedule, type SchedulePlan } from '#sacco/loans/math/make-schedule.ts';
import type { GrantedWaiver, LoanHistory, TakenRepayment, Terms } from '#sacco/loans/math/terms.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';

/** Ten weeks of 500 from 30 November 2026, due on Mondays from 7 December; 10 % once, after three days of grace. */
const loan = (terms: Partial<Terms> = {}, plan: Partial<SchedulePlan> = {}, events: Partial<LoanHistory> = {}): LoanHistory => ({
  terms: {
    ...{
      period: 'week',
      graceDays: 3,
      penalty: { kind: 'percent', basisPoints: 1_000 },
      frequency: 'once',
      capCents: null,
      inDuplum: true,
    },
    ...{ allocationOrder: ['penalty', 'fee', 'interest', 'principal'], excess: 'instalment', earlySettlement: 'all_interest', ...terms },
  },
  instalments: makeSchedule({
    ...{ method: 'flat', period: terms.period ?? 'week', instalments: 10, interestBasisPoints: 0, principalCents: 500_000n, feeCents: 0n },
    ...{ disbursedOn: '2026-11-30', ...plan },
  }),
  ...{ repayments: [], waivers: [], ...events },
});
const paid = (day: string, shillings: number, more: Partial<TakenRepayment> = {}): TakenRepayment => ({
  ...{ id: `${day}-${shillings}`, receivedAt: nairobiMoment(day, 9), amountCents: BigInt(shillings) * 100n, settles: false, ...more },
});
const waived = (day: string, number: number, period: number, shillings: number): GrantedWaiver => ({
  ...{ id: `${day}-${number}-${period}`, grantedAt: nairobiMoment(day, 9), number, period, amountCents: BigInt(shillings) * 100n },
});
const penaltiesOf = (history: LoanHistory, upTo: string) =>
  workOut(history, upTo).penalties.map(({ number, period, chargedOn, amountCents }) => [
    number,
    period,
    chargedOn,
    Number(amountCents) / 100,
  ]);
const standsAt = (history: LoanHistory, day: string) => amountsDue(workOut(history, day), history.terms, day);

describe('of 5,000 in ten weeks of 500', () => {
  const none: Partial<Terms> = { penalty: { kind: 'none' } };
  const take = (history: LoanHistory, day: string, shillings: number, settles = false) =>
    taken(workOut(history, day), history.terms, day, BigInt(shillings) * 100n, settles);

  test('a payment of 1,000 takes the instalment that is due where the rest is saved', () => {
    expect(take(loan(none), '2026-12-07', 1_000)).toEqual({ amountCents: 50_000n, settles: false });
    expect(standsAt(loan(none, {}, { repayments: [paid('2026-12-07', 500)] }), '2026-12-07')).toEqual({
      ...{ dueNowCents: 0n, outstandingCents: 450_000n, settlementCents: 450_000n },
      next: { number: 2, dueOn: '2026-12-14', unpaidCents: 50_000n },
    });
  });

  test('a payment of 1,000 leaves 4,000 where the loan takes all it can', () => {
    const history = loan({ ...none, excess: 'full' });
    expect(take(history, '2026-12-07', 1_000)).toEqual({ amountCents: 100_000n, settles: false });
    const after = { ...history, repayments: [paid('2026-12-07', 1_000)] };
    expect(standsAt(after, '2026-12-07')).toMatchObject({ outstandingCents: 400_000n, next: { number: 3 } });
  });

  test('200 of 500 leave the instalment partly paid', () => {
    const history = loan(none, {}, { repayments: [paid('2026-12-07', 200)] });
    expect(standsAt(history, '2026-12-07')).toMatchObject({ dueNowCents: 30_000n, outstandingCents: 480_000n });
    expect(workOut(history, '2026-12-07').instalments[0]).toMatchObject({ paidPrincipalCents: 20_000n });
  });

  test('the next instalment is taken when nothing is due, and nothing once all is paid', () => {
    expect(take(loan(none), '2026-12-01', 1_000)).toEqual({ amountCents: 50_000n, settles: false });
    const part = loan(none, {}, { repayments: [paid('2026-12-01', 200)] });
    expect(take(part, '2026-12-01', 1_000)).toEqual({ amountCents: 30_000n, settles: false });
    const all = loan(none, {}, { repayments: [paid('2026-12-01', 5_000)] });
    for (const settles of [false, true]) expect(take(all, '2026-12-02', 1_000, settles)).toEqual({ amountCents: 0n, settles: false });
  });

  test('money that covers the early settlement settles early when the borrower asked, and money that does not takes what is due', () => {
    expect(take(loan(none), '2026-12-07', 5_100, true)).toEqual({ amountCents: 500_000n, settles: true });
    expect(take(loan(none), '2026-12-07', 5_000, true)).toEqual({ amountCents: 500_000n, settles: true });
    expect(take(loan(none), '2026-12-07', 4_999, true)).toEqual({ amountCents: 50_000n, settles: false });
    expect(take(loan({ ...none, excess: 'full' }), '2026-12-07', 5_100)).toEqual({ amountCents: 500_000n, settles: true });
    expect(take(loan(none), '2027-02-08', 5_100, true)).toEqual({ amountCents: 500_000n, settles: false }); // all of it is due
  });

  test('what is paid beyond all that is owed is left', () => {
    const { repayments } = workOut(loan(none, {}, { repayments: [paid('2026-12-07', 5_001)] }), '2026-12-07');
    expect(repayments).toEqual([
      { id: '2026-12-07-5001', penaltyCents: 0n, feeCents: 0n, interestCents: 0n, principalCents: 500_000n, leftCents: 100n },
    ]);
  });
});

describe('a penalty', () => {
  test('comes the day after the days of grace, of what is unpaid then', () => {
    const part = loan({}, {}, { repayments: [paid('2026-12-10', 200)] });
    expect(penaltiesOf(part, '2026-12-10')).toEqual([]);
    expect(penaltiesOf(part, '2026-12-11')).toEqual([[1, 1, '2026-12-11', 30]]);
    expect(workOut(part, '2026-12-11').penalties[0]).toMatchObject({ days: 4, baseCents: 30_000n });
  });

  test('is spared by the last moment of the grace in Nairobi, not by the first of the next day', () => {
    const midnight = nairobiMoment('2026-12-11');
    const inTime = paid('2026-12-10', 500, { receivedAt: new Date(midnight.getTime() - 1) });
    expect(penaltiesOf(loan({}, {}, { repayments: [inTime] }), '2026-12-13')).toEqual([]);
    const late = paid('2026-12-11', 500, { receivedAt: midnight });
    expect(penaltiesOf(loan({}, {}, { repayments: [late] }), '2026-12-13')).toEqual([[1, 1, '2026-12-11', 50]]);
  });

  test('comes on the day after the due day where there is no grace', () => {
    expect(penaltiesOf(loan({ graceDays: 0 }), '2026-12-08')).toEqual([[1, 1, '2026-12-08', 50]]);
  });

  test('is charged once, or for each week, on what is unpaid of the instalment alone', () => {
    expect(penaltiesOf(loan({}, { instalments: 1 }), '2027-01-01')).toEqual([[1, 1, '2026-12-11', 500]]);
    expect(penaltiesOf(loan({ frequency: 'per_period' }, { instalments: 1 }), '2026-12-25')).toEqual([
      [1, 1, '2026-12-11', 500],
      [1, 2, '2026-12-18', 500],
      [1, 3, '2026-12-25', 500],
    ]);
  });

  test('of a loan by the month comes by the same date of each month, or the last of a short one', () => {
    const monthly = (disbursedOn: string) =>
      penaltiesOf(
        loan({ period: 'month', frequency: 'per_period', graceDays: 0 }, { instalments: 1, disbursedOn }),
        `${Number(disbursedOn.slice(0, 4)) + 1}-05-02`,
      ).map(([, , on]) => on);
    expect(monthly('2026-12-31')).toEqual(['2027-02-01', '2027-03-01', '2027-04-01', '2027-05-01']); // 31 January, 28 February, 31 March, 30 April
    expect(monthly('2023-12-30').slice(0, 3)).toEqual(['2024-01-31', '2024-03-01', '2024-03-31']); // 29 February
  });

  test('of half a cent is a cent', () => {
    const cents = (baseCents: bigint) =>
      workOut(
        {
          ...loan({ penalty: { kind: 'percent', basisPoints: 200 } }),
          instalments: [{ number: 1, dueOn: '2026-12-07', principalCents: baseCents, interestCents: 0n, feeCents: 0n }],
        },
        '2026-12-31',
      ).penalties.map(({ amountCents }) => amountCents);
    expect([cents(24n), cents(25n), cents(74n), cents(75n)]).toEqual([[], [1n], [1n], [2n]]);
  });

  test('is cut by what the cap leaves, and comes again with what was waived', () => {
    const fixed: Partial<Terms> = { penalty: { kind: 'fixed', amountCents: 20_000n }, capCents: 30_000n };
    const late = [[1, 1, '2026-12-11', 200], [2, 1, '2026-12-18', 100]]; // biome-ignore format: a table
    expect(penaltiesOf(loan(fixed), '2027-03-01')).toEqual(late);
    const repayments = [paid('2026-12-19', 300)];
    expect(penaltiesOf(loan(fixed, {}, { repayments }), '2027-03-01')).toEqual(late); // paid penalties stay
    const waivers = [waived('2026-12-19', 2, 1, 60)];
    expect(penaltiesOf(loan(fixed, {}, { waivers }), '2027-03-01')).toEqual([[1, 1, '2026-12-11', 200], [2, 1, '2026-12-18', 100], [3, 1, '2026-12-25', 60]]); // biome-ignore format: a table
  });

  test('does not take unpaid interest and penalties above the unpaid principal', () => {
    const costly = { instalments: 2, interestBasisPoints: 4_000, principalCents: 100_000n }; // 500 and 400 in each of two weeks
    const fixed: Partial<Terms> = { penalty: { kind: 'fixed', amountCents: 50_000n } };
    expect(penaltiesOf(loan({ ...fixed, inDuplum: false }, costly), '2027-03-01')).toEqual([[1, 1, '2026-12-11', 500], [2, 1, '2026-12-18', 500]]); // biome-ignore format: a table
    expect(penaltiesOf(loan(fixed, costly), '2027-03-01')).toEqual([[1, 1, '2026-12-11', 500]]); // 400 + 500, then 800 + 500 of 1,000
    const repayments = [paid('2026-12-12', 750)]; // 500 of penalty, 250 of interest
    expect(penaltiesOf(loan(fixed, costly, { repayments }), '2027-03-01')).toEqual([[1, 1, '2026-12-11', 500], [2, 1, '2026-12-18', 450]]); // biome-ignore format: a table
  });

  test('leaves room for the interest that falls due on its very day', () => {
    const costly = { instalments: 2, interestBasisPoints: 4_000, principalCents: 100_000n };
    const fixed: Partial<Terms> = { penalty: { kind: 'fixed', amountCents: 90_000n }, graceDays: 6 }; // the second is due on the day of the penalty
    expect(penaltiesOf(loan(fixed, costly), '2026-12-14')).toEqual([[1, 1, '2026-12-14', 600]]);
  });

  test('that was waived is owed no more, and no more is waived than is owed', () => {
    const waivers = [waived('2026-12-12', 1, 1, 30), waived('2026-12-13', 1, 1, 30), waived('2026-12-13', 9, 9, 30)];
    const { penalties } = workOut(loan({}, {}, { waivers }), '2026-12-13');
    expect(penalties).toMatchObject([{ number: 1, amountCents: 5_000n, waivedCents: 5_000n, paidCents: 0n }]);
  });
});

describe('a repayment', () => {
  const costly = { instalments: 2, interestBasisPoints: 1_000, principalCents: 100_000n, feeCents: 20_000n }; // 500, 100 and 100 each

  test('pays component by component over all that is due, the oldest first, then what is not due yet', () => {
    const parts = (day: string, shillings: number, allocationOrder: Terms['allocationOrder']) => {
      const { repayments } = workOut(loan({ allocationOrder }, costly, { repayments: [paid(day, shillings)] }), day);
      return repayments.map((one) =>
        [one.penaltyCents, one.feeCents, one.interestCents, one.principalCents].map((cents) => Number(cents) / 100),
      );
    };
    const order = ['penalty', 'fee', 'interest', 'principal'] as const;
    expect(parts('2026-12-11', 220, order)).toEqual([[70, 100, 50, 0]]);
    expect(parts('2026-12-15', 370, order)).toEqual([[70, 200, 100, 0]]); // both are due: all fees before interest
    expect(parts('2026-12-11', 920, order)).toEqual([[70, 200, 150, 500]]); // of the next one its fee and half of its interest
    expect(parts('2026-12-15', 1_100, [...order].reverse())).toEqual([[0, 0, 100, 1_000]]);
  });

  test('that settles early forgives the interest of the periods that have not begun, where the terms say so', () => {
    const terms: Partial<Terms> = { earlySettlement: 'interest_to_date' };
    const plan = { instalments: 4, interestBasisPoints: 1_000, principalCents: 400_000n }; // 1,000 and 400 each
    const settlement = (day: string, more: Partial<Terms> = {}) =>
      Number(standsAt(loan({ ...terms, ...more }, plan), day).settlementCents) / 100;
    expect(settlement('2026-12-01', { earlySettlement: 'all_interest' })).toBe(5_600);
    expect(settlement('2026-12-01')).toBe(4_400); // the first week has begun
    expect(settlement('2026-12-07')).toBe(4_400); // it ends on its due day
    expect(settlement('2026-12-08')).toBe(4_800);
    expect(settlement('2026-12-28')).toBe(5_600 + 3 * 140);
    expect(settlement('2027-01-02')).toBe(5_600 + 4 * 140);
    const standing = workOut(loan(terms, plan, { repayments: [paid('2026-12-08', 4_800, { settles: true })] }), '2027-03-01');
    expect(standing.instalments.map(({ forgivenCents }) => Number(forgivenCents) / 100)).toEqual([0, 0, 400, 400]);
    expect(standing.penalties).toEqual([]);
    expect(amountsDue(standing, loan(terms).terms, '2027-03-01')).toEqual({
      ...{ dueNowCents: 0n, next: undefined, outstandingCents: 0n, settlementCents: 0n },
    });
  });

  test('counts even when it is later than the day that is asked for', () => {
    const { repayments, penalties } = workOut(loan({}, {}, { repayments: [paid('2026-12-12', 550)] }), '2026-12-01');
    expect(repayments).toMatchObject([{ penaltyCents: 5_000n, principalCents: 50_000n }]);
    expect(penalties).toHaveLength(1);
  });
});
