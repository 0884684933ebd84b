import { shillings } from '#ground/money/cents.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { makeSchedule, type SchedulePlan } from './make-schedule.ts';
import type { Instalment, ProductTerms } from './terms.ts';

/** What was agreed with a borrower before there is a schedule. `feeCents` is the whole fee, deducted or not. */
export type Agreed = Omit<SchedulePlan, 'disbursedOn'> & Pick<ProductTerms, 'feeCharged'>;

/** The instalments of a loan that is paid out on a day. */
export const scheduleOf = ({ feeCharged, feeCents, ...plan }: Agreed, disbursedOn: Day): Instalment[] =>
  makeSchedule({ ...plan, feeCents: feeCharged === 'instalments' ? feeCents : 0n, disbursedOn });

/** What arrives on the borrower's phone: the principal less a deducted fee. */
export const sentCents = ({ principalCents, feeCents, feeCharged }: Pick<Agreed, 'principalCents' | 'feeCents' | 'feeCharged'>): bigint =>
  feeCharged === 'deducted' ? principalCents - feeCents : principalCents;

/** A loan as it would be if paid out on a day, in shillings: what it costs, what arrives, and the schedule. */
export function previewLoan(agreed: Agreed, day: Day) {
  const schedule = scheduleOf(agreed, day).map(({ number, dueOn, principalCents, interestCents, feeCents }) => {
    const amountCents = principalCents + interestCents + feeCents;
    return {
      amountCents,
      shown: {
        number,
        dueOn,
        principal: shillings(principalCents),
        interest: shillings(interestCents),
        fee: shillings(feeCents),
        amount: shillings(amountCents),
      },
    };
  });
  return {
    amount: shillings(agreed.principalCents),
    fee: shillings(agreed.feeCents),
    arrives: shillings(sentCents(agreed)),
    totalToPay: shillings(schedule.reduce((sum, { amountCents }) => sum + amountCents, 0n)),
    schedule: schedule.map(({ shown }) => shown),
  };
}
