import type { Component } from '#sacco/loans/math/allocation-order.ts';
import type { LoanHistory, LoanStanding } from '#sacco/loans/math/terms.ts';
import { dayInNairobi, daysAfter, monthsAfter, tomorrow } from './calendar.ts';

/** One thing that is owed. `gone` is what was forgiven or waived. */
type Debt = { what: Component; number: number; dueOn: string; period: number; owed: number; paid: number; gone: number };
type Charge = { debt: Debt; chargedOn: string; days: number; base: number };
type Event = { at: Date; id: string; happen: (today: string) => void };

const left = (debts: readonly Debt[]): number => debts.reduce((all, { owed, paid, gone }) => all + owed - paid - gone, 0);

/**
 * A loan, simulated day by day in plain numbers: in the morning the penalties of the day are charged, then its events happen in the order of the clock. It shares nothing with
 * `workOut` but the types. Slow.
 */
export function dayByDay(history: LoanHistory, upTo: string): LoanStanding {
  const { terms } = history;
  const debts = history.instalments.flatMap(({ number, dueOn, ...cents }) =>
    (['fee', 'interest', 'principal'] as const).map(
      (what): Debt => ({ what, number, dueOn, period: 0, owed: Number(cents[`${what}Cents`]), paid: 0, gone: 0 }),
    ),
  );
  const charges: Charge[] = [];
  const penalties = () => charges.map(({ debt }) => debt);
  const repayments: LoanStanding['repayments'] = [];
  const numbers = [...new Set(debts.map(({ number }) => number))].sort((a, b) => a - b);
  const dueDays = new Map(debts.map(({ number, dueOn }) => [number, dueOn]));
  const clocks = numbers.map((number) => {
    const dueOn = dueDays.get(number) ?? '';
    return { number, dueOn, daysLate: 0, period: 1, rings: lateFor(history, dueOn, 1) };
  });

  const chargeAll = (today: string): void => {
    for (const clock of clocks) {
      const { number, dueOn, period } = clock;
      if (today > dueOn) clock.daysLate++;
      if (today !== clock.rings) continue;
      clock.rings = lateFor(history, dueOn, ++clock.period);
      const base = left(debts.filter((debt) => debt.number === number));
      if (base === 0 || terms.penalty.kind === 'none') continue;
      const amounts = [
        terms.penalty.kind === 'fixed' ? Number(terms.penalty.amountCents) : Math.floor((base * terms.penalty.basisPoints + 5000) / 10_000),
      ];
      if (terms.capCents !== null) amounts.push(Number(terms.capCents) - penalties().reduce((all, { owed, gone }) => all + owed - gone, 0));
      if (terms.inDuplum) {
        const overdueInterest = debts.filter((debt) => debt.what === 'interest' && debt.dueOn < today);
        amounts.push(left(debts.filter(({ what }) => what === 'principal')) - left([...overdueInterest, ...penalties()]));
      }
      const owed = Math.min(...amounts);
      if (owed <= 0) continue;
      charges.push({
        ...{ debt: { what: 'penalty', number, dueOn, period, owed, paid: 0, gone: 0 }, chargedOn: today },
        ...{ days: clock.daysLate, base },
      });
    }
  };

  const repay = ({ id, amountCents, settles }: LoanHistory['repayments'][number], today: string): void => {
    const current = numbers.find((number) => (dueDays.get(number) ?? '') >= today) ?? Number.POSITIVE_INFINITY;
    const needless =
      terms.earlySettlement === 'all_interest' ? [] : debts.filter(({ what, number }) => what === 'interest' && number > current);
    const covers = settles && Number(amountCents) >= left([...debts, ...penalties()]) - left(needless);
    if (covers) for (const debt of needless) debt.gone = debt.owed - debt.paid;
    const rank = ({ what, number, dueOn, period }: Debt): number[] =>
      covers || what === 'penalty' || dueOn <= today
        ? [0, terms.allocationOrder.indexOf(what), number, period]
        : [1, number, terms.allocationOrder.indexOf(what), period];
    const queue = [...debts, ...penalties()].sort((a, b) => {
      const [one, two] = [rank(a), rank(b)];
      const at = one.findIndex((value, index) => value !== two[index]);
      return at < 0 ? 0 : (one[at] ?? 0) - (two[at] ?? 0);
    });
    const parts = { penalty: 0, fee: 0, interest: 0, principal: 0 };
    let money = Number(amountCents);
    for (const debt of queue) {
      const pays = Math.min(money, left([debt]));
      debt.paid += pays;
      parts[debt.what] += pays;
      money -= pays;
    }
    repayments.push({
      ...{ id, penaltyCents: BigInt(parts.penalty), feeCents: BigInt(parts.fee), interestCents: BigInt(parts.interest) },
      ...{ principalCents: BigInt(parts.principal), leftCents: BigInt(money) },
    });
  };

  const letGo = ({ number, period, amountCents }: LoanHistory['waivers'][number]): void => {
    const debt = penalties().find((one) => one.number === number && one.period === period);
    if (debt) debt.gone += Math.min(left([debt]), Number(amountCents));
  };

  const events: Event[] = [
    ...history.waivers.map((waiver) => ({ at: waiver.grantedAt, id: waiver.id, happen: () => letGo(waiver) })),
    ...history.repayments.map((repayment) => ({
      ...{ at: repayment.receivedAt, id: repayment.id },
      happen: (today: string) => repay(repayment, today),
    })),
  ].sort((a, b) => Number(a.at) - Number(b.at) || (a.id > b.id ? 1 : -1));
  const byDay = new Map(events.map(({ at }) => [dayInNairobi(at), events.filter((one) => dayInNairobi(one.at) === dayInNairobi(at))]));
  const days = [upTo, ...byDay.keys(), ...dueDays.values()].sort();
  const end = [upTo, ...byDay.keys()].sort().at(-1) ?? upTo;
  for (let today = days[0] ?? upTo; today <= end; today = tomorrow(today)) {
    chargeAll(today);
    for (const { happen } of byDay.get(today) ?? []) happen(today);
  }
  return report(history, debts, charges, repayments);
}

/** When an instalment that stays unpaid is late for the `period`th time, grace included. */
function lateFor({ terms }: LoanHistory, dueOn: string, period: number): string {
  if (terms.frequency === 'once' && period > 1) return 'never';
  const from = terms.period === 'week' ? daysAfter(dueOn, 7 * (period - 1)) : monthsAfter(dueOn, period - 1);
  return daysAfter(from, terms.graceDays + 1);
}

function report(
  { instalments }: LoanHistory,
  debts: readonly Debt[],
  charges: readonly Charge[],
  repayments: LoanStanding['repayments'],
): LoanStanding {
  const of = (number: number, what: Component) => debts.find((debt) => debt.number === number && debt.what === what);
  const paid = (number: number, what: Component) => BigInt(of(number, what)?.paid ?? 0);
  return {
    instalments: [...instalments]
      .sort((a, b) => a.number - b.number)
      .map((instalment) => ({
        ...{ ...instalment, paidPrincipalCents: paid(instalment.number, 'principal'), paidFeeCents: paid(instalment.number, 'fee') },
        ...{ paidInterestCents: paid(instalment.number, 'interest'), forgivenCents: BigInt(of(instalment.number, 'interest')?.gone ?? 0) },
      })),
    penalties: [...charges]
      .sort((a, b) => a.debt.number - b.debt.number || a.debt.period - b.debt.period)
      .map(({ debt, chargedOn, days, base }) => ({
        ...{ number: debt.number, period: debt.period, chargedOn, days, baseCents: BigInt(base) },
        ...{ amountCents: BigInt(debt.owed), paidCents: BigInt(debt.paid), waivedCents: BigInt(debt.gone) },
      })),
    repayments,
  };
}
