import { least } from '#ground/money/least.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { taken } from './amounts-due.ts';
import type { LoanHistory, StandingRepayment, TakenRepayment } from './terms.ts';
import { workOut } from './work-out.ts';

/** Money that came for a loan, all of it, and whether the borrower had asked to settle with it. */
export type CameIn = { id: string; receivedAt: Date; receivedCents: bigint; settlesAsked: boolean };

/** What a loan takes of money, by what had happened to it until that came: the repayment as it is kept, and what it pays. */
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

/** What of a repayment's excess may come back out of savings: told money out of all that they hold, proved money out of what they hold of such. */
export type Purse = { heldCents: bigint; provedCents: bigint };

/** A repayment with what is known of its money. */
export type Whole = CameIn & { told: boolean };

/**
 * What repayments take after one was undone or found, `was` being the history before: each may take its own excess back as far as `purse` reaches, and
 * saves what it took only because of how that was. `shortCents` is what the loan would have had beside.
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

/** What each would take if all came again, one after the other. */
const sharesOf = (history: LoanHistory, wholes: readonly Whole[]) => walk(history, wholes, (_, wanted) => wanted);

type Decide = (one: TakenRepayment, wanted: TakenRepayment, whole: Whole) => TakenRepayment;

/** Goes through the repayments by time; those of which the whole is not known stay as they are. */
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
    const settles = repayment.settles || one.settles; // a mark that harms nothing where it does not cover the loan, and is right again where it does
    repayments.push(decide(one, { ...repayment, settles }, whole));
  }
  return repayments;
}
