import { shillings, wholeShillingsUp } from '#ground/money/cents.ts';
import type { Language } from '#ground/text/language.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { explainPenalty } from './explain-penalty.ts';
import { amountsDue } from './math/amounts-due.ts';
import {
  type LoanHistory,
  type LoanStanding,
  type StandingInstalment,
  type StandingPenalty,
  type StandingRepayment,
  unpaidInstalment,
  unpaidPenalty,
} from './math/terms.ts';
import { workOut } from './math/work-out.ts';

/** What is owed on a day, in shillings; `toPay` is rounded up to whole shillings, as M-PESA moves no cents. */
export function presentDue(history: LoanHistory, day: Day, standing: LoanStanding = workOut(history, day)) {
  const { dueNowCents, next, outstandingCents, settlementCents } = amountsDue(standing, history.terms, day);
  return {
    due: shillings(dueNowCents),
    next: next ? { number: next.number, dueOn: next.dueOn, amount: shillings(next.unpaidCents) } : null,
    outstanding: shillings(outstandingCents),
    settlement: shillings(settlementCents),
    toPay: {
      due: wholeShillingsUp(dueNowCents),
      next: wholeShillingsUp(next?.unpaidCents ?? 0n),
      settlement: wholeShillingsUp(settlementCents),
    },
  };
}

/**
 * A loan's standing on a day: schedule, penalties with their explanations, what is owed. Penalties of that day are included even if the
 * nightly run has not written them yet.
 */
export function presentStanding(history: LoanHistory, day: Day, language: Language) {
  const standing = workOut(history, day);
  return {
    ...presentDue(history, day, standing),
    schedule: standing.instalments.map((instalment) => presentInstalment(instalment, day)),
    totalToPay: shillings(standing.instalments.reduce((sum, instalment) => sum + agreedCents(instalment), 0n)),
    penalties: standing.penalties.map((penalty) => ({
      ...presentPenalty(penalty),
      explanation: explainPenalty(penalty, history.terms, language),
    })),
    splits: new Map(standing.repayments.map((repayment) => [repayment.id, presentSplit(repayment)])),
  };
}

const agreedCents = ({ principalCents, interestCents, feeCents, forgivenCents }: StandingInstalment): bigint =>
  principalCents + interestCents + feeCents - forgivenCents;

function presentInstalment(instalment: StandingInstalment, day: Day) {
  const { number, dueOn, principalCents, interestCents, feeCents, forgivenCents } = instalment;
  const [amountCents, unpaidCents] = [agreedCents(instalment), unpaidInstalment(instalment)];
  return {
    ...{
      number,
      dueOn,
      principal: shillings(principalCents),
      interest: shillings(interestCents - forgivenCents),
      fee: shillings(feeCents),
    },
    ...{ amount: shillings(amountCents), paid: shillings(amountCents - unpaidCents), unpaid: shillings(unpaidCents) },
    state: unpaidCents === 0n ? 'paid' : dueOn < day ? 'overdue' : dueOn === day ? 'due' : 'open',
  };
}

const presentPenalty = (penalty: StandingPenalty) => ({
  ...{ number: penalty.number, period: penalty.period, chargedOn: penalty.chargedOn, days: penalty.days },
  ...{ amount: shillings(penalty.amountCents), paid: shillings(penalty.paidCents), waived: shillings(penalty.waivedCents) },
  unpaid: shillings(unpaidPenalty(penalty)),
});

const presentSplit = ({ penaltyCents, feeCents, interestCents, principalCents }: StandingRepayment) => ({
  ...{
    penalty: shillings(penaltyCents),
    fee: shillings(feeCents),
    interest: shillings(interestCents),
    principal: shillings(principalCents),
  },
});
