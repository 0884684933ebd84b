import { AppError } from '#ground/errors.ts';
import { kes, shillings } from '#ground/money/cents.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { type LoanHistory, unpaidPenalty } from './terms.ts';
import { workOut } from './work-out.ts';

/**
 * How much of a penalty to waive: what was requested, or all that is unpaid of it on a day. Throws `penalty_not_found` and
 * `waiver_too_large`.
 */
export function waivable(
  history: LoanHistory,
  { number, period, amountCents }: { number: number; period: number; amountCents: bigint | undefined },
  day: Day,
): bigint {
  const penalty = workOut(history, day).penalties.find((one) => one.number === number && one.period === period);
  if (!penalty) throw new AppError('penalty_not_found', 'This loan has no such penalty.');
  const unpaidCents = unpaidPenalty(penalty);
  const wantedCents = amountCents ?? unpaidCents;
  if (wantedCents <= unpaidCents && wantedCents > 0n) return wantedCents;
  const most = shillings(unpaidCents);
  throw new AppError('waiver_too_large', `${kes(unpaidCents)} of this penalty is unpaid: that is the most that can be waived.`, { most });
}
