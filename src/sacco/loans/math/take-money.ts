import { least } from '#ground/money/least.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { taken } from './amounts-due.ts';
import type { LoanHistory, StandingRepayment, TakenRepayment } from './terms.ts';
import { workOut } from './work-out.ts';

/** All the money of one repayment, and whether the borrower had asked to settle with it. */
export type CameIn = { id: string; receivedAt: Date; receivedCents: bigint; settlesAsked: boolean };

/** Splits received money by the loan's history up to that moment: the repayment to keep, and what it pays. */
export function takeMoney(
  whole: LoanHistory,
  { id, receivedAt, receivedCents, settlesAsked }: CameIn,
): { repayment: TakenRepayment; paid: StandingRepayment } {
  const history = {
    ...whole,
    repayments: whole.repayments.filter((one) => one.receivedAt <= receivedAt),
    waivers: whole.waivers.filter(({ grantedAt }) => grantedAt <= receivedAt),
  };
  const day = nairobiDay(receivedAt);
  const wanted = { id, receivedAt, ...taken(workOut(history, day), history.terms, day, receivedCents, settlesAsked) };
  const paid = workOut({ ...history, repayments: [...history.repayments, wanted] }, day).repayments.find((one) => one.id === id);
  if (!paid) throw new Error('A repayment was not worked out.');
  return { repayment: { ...wanted, amountCents: wanted.amountCents - paid.leftCents }, paid };
}

/** How much of earlier excess may come back out of savings: told money out of the whole balance, proved money out of its proved part. */
export type Purse = { heldCents: bigint; provedCents: bigint };

/** A repayment with all its money, and whether that is told only. */
export type Whole = CameIn & { told: boolean };

/**
 * Recomputes what each repayment pays after one was reversed or found late; `was` is the history before that. A repayment may take its own
 * excess back as far as `purse` reaches, and gives up to savings what it paid only because of the old history. `shortCents` is what the
 * savings could not give back.
 */
export function takeAnew(
  { was, is }: { was: LoanHistory; is: LoanHistory },
  wholes: readonly Whole[],
  purse: Purse,
): { repayments: TakenRepayment[]; shortCents: bigint } {
  const before = new Map(sharesOf(was, wholes).map((one) => [one.id, one.amountCents]));
  const left = { ...purse };
  let shortCents = 0n;
  const repayments = walk(is, wholes, (one, wanted, { told }) => {
    const moreCents = wanted.amountCents - one.amountCents;
    if (moreCents <= 0n) return before.get(one.id) === one.amountCents ? wanted : one;
    const gotCents = least(moreCents, told ? left.heldCents : left.provedCents);
    left.heldCents -= gotCents;
    if (!told) left.provedCents -= gotCents;
    shortCents += moreCents - gotCents;
    return { ...wanted, amountCents: one.amountCents + gotCents };
  });
  return { repayments, shortCents };
}

/** What each repayment would pay if all arrived again, in order. */
const sharesOf = (history: LoanHistory, wholes: readonly Whole[]) => walk(history, wholes, (_, wanted) => wanted);

type Decide = (one: TakenRepayment, wanted: TakenRepayment, whole: Whole) => TakenRepayment;

/** Goes through the repayments in time order; those without a known whole stay as they are. */
function walk(history: LoanHistory, wholes: readonly Whole[], decide: Decide): TakenRepayment[] {
  const known = new Map(wholes.map((whole) => [whole.id, whole]));
  const repayments: TakenRepayment[] = [];
  for (const one of [...history.repayments].sort((a, b) => a.receivedAt.getTime() - b.receivedAt.getTime() || (a.id < b.id ? -1 : 1))) {
    const whole = known.get(one.id);
    if (!whole) {
      repayments.push(one);
      continue;
    }
    const { repayment } = takeMoney({ ...history, repayments }, { ...whole, receivedAt: one.receivedAt });
    const settles = repayment.settles || one.settles; // keep the mark: it has no effect while the money does not cover the loan
    repayments.push(decide(one, { ...repayment, settles }, whole));
  }
  return repayments;
}
