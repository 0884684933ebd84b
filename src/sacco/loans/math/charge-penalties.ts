import { divideHalfUp, least, sum } from '#ground/money/cents.ts';
import { addDays, type Day } from '#ground/time/nairobi.ts';
import { dayNumber, daysToPenalty, type OpenInstalment, type OpenLoan } from './open-loan.ts';
import { type Terms, unpaidInstalment, unpaidInterest, unpaidPrincipal } from './terms.ts';

/**
 * Charges the penalties of all dates up to a day since the last call, on what is unpaid now: by date, then by instalment; each is capped here. At night the same rule
 * charges ten thousand loans in one SQL statement, runs/penalise-chunk.ts: change both.
 */
export function chargePenalties(loan: OpenLoan, upTo: Day): void {
  const { terms, instalments } = loan;
  const principalCents = sum(instalments.map(unpaidPrincipal));
  let date = { on: 0, chargedOn: '', interestCents: 0n };
  for (const { instalment, baseCents, on, period, days } of passedDates(loan, upTo)) {
    if (date.on !== on)
      date = {
        ...{ on, chargedOn: addDays(instalment.dueOn, days) },
        interestCents: sum(instalments.map((one) => (one.due < on ? unpaidInterest(one) : 0n))),
      };
    const amountCents = least(
      penaltyOf(terms, baseCents),
      ...(terms.capCents === null ? [] : [terms.capCents - loan.chargedCents]),
      ...(terms.inDuplum ? [principalCents - date.interestCents - loan.unpaidPenaltyCents] : []),
    );
    if (amountCents <= 0n) continue;
    instalment.penalties.push({
      ...{ number: instalment.number, period, chargedOn: date.chargedOn, days, baseCents },
      ...{ amountCents, paidCents: 0n, waivedCents: 0n },
    });
    loan.chargedCents += amountCents;
    loan.unpaidPenaltyCents += amountCents;
  }
}

function passedDates({ terms, instalments }: OpenLoan, upTo: Day) {
  const dates: { on: number; instalment: OpenInstalment; period: number; days: number; baseCents: bigint }[] = [];
  const today = dayNumber(upTo);
  for (const instalment of instalments) {
    const baseCents = unpaidInstalment(instalment);
    while (baseCents > 0n && instalment.due + instalment.days <= today) {
      dates.push({ on: instalment.due + instalment.days, instalment, period: instalment.late, days: instalment.days, baseCents });
      instalment.late++;
      instalment.days = daysToPenalty(terms, instalment.dueOn, instalment.late);
    }
  }
  return dates.sort((a, b) => a.on - b.on || a.instalment.number - b.instalment.number);
}

/** A penalty before any limit; half a cent rounds up. */
export function penaltyOf({ penalty }: Terms, baseCents: bigint): bigint {
  if (penalty.kind === 'none') return 0n;
  return penalty.kind === 'fixed' ? penalty.amountCents : divideHalfUp(baseCents * BigInt(penalty.basisPoints), 10_000n);
}
