import { sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Call } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';
import type { App } from '#mpesa/wiring/app.ts';
import { REPAYING, SAVING } from './lending.ts';
import { MONEY_IN } from './money-in.ts';
import { MONEY_OUT } from './money-out.ts';
import { readTimeline, timelineInput } from './read-timeline.ts';
import { idsOf } from './things.ts';

export const MemberTimelineInput = timelineInput(z.union([z.literal('me'), z.uuid()]));

/**
 * What happened to a member: joining, changes, payments, savings, loans and repayments. Each loan and payment has a timeline of its own, with all of its
 * exchanges. Throws `member_not_found`, also for somebody else.
 */
export async function readMemberTimeline(
  { db }: Pick<App, 'db'>,
  { id, ...page }: z.output<typeof MemberTimelineInput>,
  { caller }: Pick<Call, 'caller'>,
) {
  const { person, scopes } = caller;
  const own = person ? sql`pe.phone_hash = ${person.phoneHash}` : sql`false`;
  const visible = id !== 'me' && scopes.includes('members:read') ? sql`true` : own;
  const root = sql`
    select m.id from members m join people pe on pe.id = m.person_id where ${id === 'me' ? sql`true` : sql`m.id = ${id}::uuid`} and ${visible}`;
  const timeline = {
    root,
    sources: [...MONEY_IN, ...MONEY_OUT, ...REPAYING, ...SAVING],
    things: {
      member: root,
      person: sql`select m.person_id from members m where m.id = any(${idsOf('member')})`,
      account: sql`select a.id from member_accounts a where a.member_id = any(${idsOf('member')})`,
      loan: sql`select l.id from loans l where l.member_id = any(${idsOf('member')})`,
      payment: sql`
        select p.id from people pe join payments p on p.phone_hash = pe.phone_hash where pe.id = any(${idsOf('person')})`,
      repayment: sql`select r.id from repayments r where r.loan_id = any(${idsOf('loan')})`,
      waiver: sql`select w.id from waivers w where w.loan_id = any(${idsOf('loan')})`,
      payout: sql`select o.id from payouts o where o.subject_id = any(${idsOf('loan')})`,
      withdrawal: sql`select w.id from withdrawals w where w.payout_id = any(${idsOf('payout')})`,
    },
  };
  const found = await readTimeline(db, timeline, { ...page, right: 'members:read', caller });
  if (!found)
    throw new AppError(
      'member_not_found',
      id === 'me' ? 'You are not a member yet: POST /api/members makes you one.' : 'There is no such member.',
    );
  return { memberId: id, ...found };
}
