import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { visibleLoans } from '#sacco/loans/visible-loans.ts';
import { LENDING } from './lending.ts';
import { MONEY_IN } from './money-in.ts';
import { MONEY_OUT } from './money-out.ts';
import { readTimeline, timelineInput } from './read-timeline.ts';
import { idsOf } from './things.ts';

export const LoanTimelineInput = timelineInput(z.uuid());

/**
 * What happened to a loan: its decisions, its disbursement, repayments, penalties and waivers, and the prompts of its borrower for it. What happened to the money of a
 * repayment stands in the timeline of its payment. Throws `loan_not_found`, also for somebody else's.
 */
export async function readLoanTimeline(
  { db }: Pick<App, 'db'>,
  { id, ...page }: z.output<typeof LoanTimelineInput>,
  { caller }: Pick<Call, 'caller'>,
) {
  const borrower = sql`loans l join members m on m.id = l.member_id join people on people.id = m.person_id`;
  const root = sql`select l.id from ${borrower} where l.id = ${id}::uuid and ${visibleLoans(caller)}`;
  const timeline = {
    root,
    sources: [...MONEY_IN, ...MONEY_OUT, ...LENDING],
    things: {
      loan: root,
      payment: sql`
        select p.id from ${borrower} join payments p on p.phone_hash = people.phone_hash and p.subject = l.reference where l.id = any(${idsOf('loan')})`,
      repayment: sql`select r.id from repayments r where r.loan_id = any(${idsOf('loan')})`,
      waiver: sql`select w.id from waivers w where w.loan_id = any(${idsOf('loan')})`,
      payout: sql`select o.id from payouts o where o.subject_id = any(${idsOf('loan')})`,
      withdrawal: sql`select w.id from withdrawals w where w.payout_id = any(${idsOf('payout')})`,
    },
  };
  const found = await readTimeline(db, timeline, { ...page, right: 'loans:read', caller });
  if (!found) throw new AppError('loan_not_found', 'There is no such loan.');
  return { loanId: id, ...found };
}
