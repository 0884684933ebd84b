import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addDays, nairobiDay } from '#ground/time/nairobi.ts';
import type { LoanStanding, Terms } from '#sacco/loans/math/terms.ts';
import { workOut } from '#sacco/loans/math/work-out.ts';
import { scaled } from '../../world/counts.ts';
import { dayByDay } from './day-by-day.ts';
import { histories, knownBy } from './histories.ts';

const patience = scaled(20_000);
const runs = (few: number) => ({ numRuns: scaled(few), seed: 11 });

const sum = <T>(of: readonly T[], cents: (one: T) => bigint): bigint => of.reduce((all, one) => all + cents(one), 0n);
const charged = ({ penalties }: LoanStanding) =>
  penalties.map(({ number, period, chargedOn, days, baseCents, amountCents }) => ({
    number,
    period,
    chargedOn,
    days,
    baseCents,
    amountCents,
  }));

describe('working a loan out', () => {
  test(
    'gives to the cent what a simulation day by day gives',
    () => {
      fc.assert(
        fc.property(histories, ({ history, upTo }) => {
          expect(workOut(history, upTo)).toEqual(dayByDay(history, upTo));
        }),
        runs(300),
      );
    },
    patience,
  );

  test(
    'gives the same in whatever order the events and instalments are told',
    () => {
      const shuffled = histories.chain(({ history, upTo }) =>
        fc
          .record({
            terms: fc.constant(history.terms),
            repayments: fc.shuffledSubarray([...history.repayments], { minLength: history.repayments.length }),
            waivers: fc.shuffledSubarray([...history.waivers], { minLength: history.waivers.length }),
            instalments: fc.shuffledSubarray([...history.instalments], { minLength: history.instalments.length }),
          })
          .map((other) => ({ history, other, upTo })),
      );
      fc.assert(
        fc.property(shuffled, ({ history, other, upTo }) => {
          expect(workOut(other, upTo)).toEqual(workOut(history, upTo));
        }),
        runs(300),
      );
    },
    patience,
  );

  test.each([1, 7, 30, 400])(
    'every %i nights charges what working out once charges',
    (nights) => {
      fc.assert(
        fc.property(histories, ({ history, upTo }) => {
          const first = [...history.instalments.map(({ dueOn }) => dueOn), upTo].sort()[0] ?? upTo;
          const book = new Map<string, ReturnType<typeof charged>[number]>();
          for (let night = first; night < addDays(upTo, nights); night = addDays(night, nights)) {
            const [day = upTo] = [night, upTo].sort();
            for (const penalty of charged(workOut(knownBy(history, day), day))) {
              const key = `${penalty.number}:${penalty.period}`;
              expect(book.get(key) ?? penalty).toEqual(penalty); // what was charged stays as it is
              book.set(key, penalty);
            }
          }
          const order = (a: { number: number; period: number }, b: { number: number; period: number }) =>
            a.number - b.number || a.period - b.period;
          expect([...book.values()].sort(order)).toEqual(charged(workOut(history, upTo)));
        }),
        runs(nights === 1 ? 30 : 80),
      );
    },
    patience,
  );

  test(
    'with money that becomes known late gives what knowing it in time gives',
    () => {
      fc.assert(
        fc.property(histories, fc.nat(), ({ history, upTo }, pick) => {
          const late = history.repayments[pick % Math.max(1, history.repayments.length)];
          fc.pre(late !== undefined);
          const others = history.repayments.filter((one) => one !== late);
          const before = addDays(nairobiDay(late.receivedAt), -1);
          expect(charged(workOut(knownBy({ ...history, repayments: others }, before), before))).toEqual(
            charged(workOut(knownBy(history, before), before)),
          );
          expect(workOut({ ...history, repayments: [...others, late] }, upTo)).toEqual(dayByDay(history, upTo));
        }),
        runs(150),
      );
    },
    patience,
  );
});

describe('whatever happens to a loan', () => {
  test(
    'its sums add up, nothing is paid above what is owed, and nothing is negative',
    () => {
      fc.assert(
        fc.property(histories, ({ history, upTo }) => {
          const { instalments, penalties, repayments } = workOut(history, upTo);
          expect(repayments.map(({ id }) => id).sort()).toEqual(history.repayments.map(({ id }) => id).sort());
          for (const { id, leftCents, ...parts } of repayments) {
            const came = history.repayments.find((one) => one.id === id)?.amountCents;
            expect(parts.penaltyCents + parts.feeCents + parts.interestCents + parts.principalCents + leftCents).toBe(came);
            for (const part of [...Object.values(parts), leftCents]) expect(part >= 0n).toBe(true);
          }
          expect(sum(repayments, (one) => one.principalCents)).toBe(sum(instalments, (one) => one.paidPrincipalCents));
          expect(sum(repayments, (one) => one.interestCents)).toBe(sum(instalments, (one) => one.paidInterestCents));
          expect(sum(repayments, (one) => one.feeCents)).toBe(sum(instalments, (one) => one.paidFeeCents));
          expect(sum(repayments, (one) => one.penaltyCents)).toBe(sum(penalties, (one) => one.paidCents));
          for (const one of instalments) {
            expect(0n <= one.paidPrincipalCents && one.paidPrincipalCents <= one.principalCents).toBe(true);
            expect(0n <= one.paidFeeCents && one.paidFeeCents <= one.feeCents).toBe(true);
            expect(0n <= one.paidInterestCents && 0n <= one.forgivenCents).toBe(true);
            expect(one.paidInterestCents + one.forgivenCents <= one.interestCents).toBe(true);
          }
          for (const one of penalties) {
            expect(one.amountCents > 0n && one.baseCents > 0n && one.paidCents >= 0n && one.waivedCents >= 0n).toBe(true);
            expect(one.paidCents + one.waivedCents <= one.amountCents).toBe(true);
            expect(one.chargedOn <= upTo).toBe(true);
          }
          if (repayments.some(({ leftCents }) => leftCents > 0n)) expect(outstanding({ instalments, penalties, repayments })).toBe(0n);
        }),
        runs(300),
      );
    },
    patience,
  );

  test(
    'its penalties stay below the cap on every day, and no penalty takes it above in duplum',
    () => {
      fc.assert(
        fc.property(histories, ({ history, upTo }) => {
          const { capCents, inDuplum } = history.terms;
          for (const day of new Set(workOut(history, upTo).penalties.map(({ chargedOn }) => chargedOn))) {
            const { instalments, penalties } = workOut(knownBy(history, addDays(day, -1)), day); // the morning of that day
            const stands = sum(penalties, (one) => one.amountCents - one.waivedCents);
            if (capCents !== null) expect(stands <= capCents).toBe(true);
            const interest = sum(
              instalments.filter(({ dueOn }) => dueOn < day),
              (one) => one.interestCents - one.paidInterestCents - one.forgivenCents,
            );
            const onTop = interest + sum(penalties, (one) => one.amountCents - one.paidCents - one.waivedCents);
            if (inDuplum) expect(onTop <= sum(instalments, (one) => one.principalCents - one.paidPrincipalCents)).toBe(true);
          }
        }),
        runs(300),
      );
    },
    patience,
  );
});

test('the loans that are made up here meet every rule', () => {
  const met = { penalties: 0, cap: 0, inDuplum: 0, waived: 0, forgiven: 0, left: 0, paidPenalties: 0, later: 0 };
  const loans = fc.sample(histories, { numRuns: 400, seed: 11 });
  for (const { history, upTo } of loans) {
    const { terms } = history;
    const standing = workOut(history, upTo);
    const differs = (changes: Partial<Terms>) =>
      charged(workOut({ ...history, terms: { ...terms, ...changes } }, upTo)).length !== charged(standing).length;
    if (standing.penalties.length > 0) met.penalties++;
    if (standing.penalties.some(({ period }) => period > 1)) met.later++;
    if (differs({ capCents: null })) met.cap++;
    if (differs({ inDuplum: false })) met.inDuplum++;
    if (standing.penalties.some(({ waivedCents }) => waivedCents > 0n)) met.waived++;
    if (standing.penalties.some(({ paidCents }) => paidCents > 0n)) met.paidPenalties++;
    if (standing.instalments.some(({ forgivenCents }) => forgivenCents > 0n)) met.forgiven++;
    if (standing.repayments.some(({ leftCents }) => leftCents > 0n)) met.left++;
  }
  for (const [rule, count] of Object.entries(met)) expect(count, rule).toBeGreaterThan(8);
});

const outstanding = ({ instalments, penalties }: LoanStanding): bigint =>
  sum(penalties, (one) => one.amountCents - one.paidCents - one.waivedCents) +
  sum(instalments, (one) => one.principalCents + one.interestCents + one.feeCents - one.paidPrincipalCents - one.paidInterestCents) -
  sum(instalments, (one) => one.paidFeeCents + one.forgivenCents);
