import { sql } from 'drizzle-orm';
import type { Source } from './source.ts';
import { idsOf } from './things.ts';

const PENALTIES: Source = {
  of: 'loan',
  select: sql`
  select p.recorded_at, 'penalty_charged', concat_ws(':', p.loan_id, p.number, p.period), null, jsonb_build_object('loanId', p.loan_id), p.amount_cents,
    jsonb_build_object('instalment', p.number, 'chargedOn', p.charged_on)
  from penalties p where p.loan_id = any(${idsOf('loan')})`,
};

/** What is repaid, and what was asked to be waived. */
export const REPAYING: readonly Source[] = [
  {
    of: 'repayment',
    select: sql`
    select e.at, e.kind, r.id::text, e.by, jsonb_build_object('repaymentId', r.id, 'loanId', r.loan_id, 'depositId', r.deposit_id), r.amount_cents,
      jsonb_build_object('excessCents', r.excess_cents::text, 'receivedAt', r.received_at, 'settles', r.settles)
    from repayments r cross join lateral (values (r.booked_at, 'repayment_booked', null), (r.reversed_at, 'repayment_reversed', r.reversed_by)) as e (at, kind, by)
    where r.id = any(${idsOf('repayment')})`,
  },
  {
    of: 'waiver',
    select: sql`
    select e.at, e.kind, w.id::text, e.by, jsonb_build_object('waiverId', w.id, 'loanId', w.loan_id), w.amount_cents, jsonb_build_object('instalment', w.number)
    from waivers w cross join lateral (values (w.requested_at, 'waiver_requested', w.requested_by),
      (w.decided_at, case w.state when 'approved' then 'waiver_approved' else 'waiver_declined' end, w.decided_by)) as e (at, kind, by)
    where w.id = any(${idsOf('waiver')})`,
  },
];

/** A loan's own: with its penalties, which the timeline of a member leaves to their loans. */
export const LENDING: readonly Source[] = [PENALTIES, ...REPAYING];

/** What moved in a member's savings. All transfers of one event are one movement, as in their statement. */
export const SAVING: readonly Source[] = [
  {
    of: 'account',
    select: sql`
    select t.booked_at, 'savings_moved', min(t.id::text), null, jsonb_build_object('accountId', substr(t.account, 9)), abs(sum(t.cents))::bigint,
      jsonb_build_object('isIn', sum(t.cents) > 0, 'transfer', t.kind)
    from (
      select id, booked_at, kind, source_id, credit_account as account, amount_cents as cents from transfers
      where credit_account like 'savings:%' and credit_account = any(array(select 'savings:' || unnest(${idsOf('account')})))
      union all
      select id, booked_at, kind, source_id, debit_account, -amount_cents from transfers
      where debit_account like 'savings:%' and debit_account = any(array(select 'savings:' || unnest(${idsOf('account')})))
    ) t group by t.account, t.booked_at, t.kind, t.source_id having sum(t.cents) <> 0`,
  },
];
