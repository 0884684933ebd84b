import { type SQL, sql } from 'drizzle-orm';
import type { Source } from './source.ts';
import { idsOf, idsOfAll, type Things } from './things.ts';

/** The M-PESA codes of the money that a timeline is about. */
const receiptsOf = (things: Things): SQL =>
  sql.join(
    [
      sql`select null::text where false`,
      ...(things.deposit ? [sql`select receipt from deposits where id = any(${idsOf('deposit')})`] : []),
      ...(things.withdrawal ? [sql`select receipt from withdrawals where id = any(${idsOf('withdrawal')})`] : []),
    ],
    sql` union `,
  );

/** Whatever Safaricom told us about prompts, money and payouts. Its words are encrypted, and stay so: only the verdict is shown. */
const EVIDENCE: Source = {
  select: (things) => sql`
  select e.received_at, 'safaricom_said', e.id::text, null, jsonb_build_object('evidenceId', e.id), null::bigint, jsonb_build_object('source', e.source, 'verdict', e.verdict)
  from evidence e where e.subject_id = any(${idsOfAll(things, ['attempt', 'deposit', 'withdrawal'])})`,
};

/** What a person or a notice had Safaricom asked about an M-PESA code. */
const INQUIRIES: Source = {
  select: (things) => sql`
  select e.at, e.kind, i.id::text, e.by, jsonb_build_object('inquiryId', i.id, 'receipt', i.receipt), null::bigint, jsonb_build_object('state', i.state, 'says', i.says, 'receipt', i.receipt)
  from inquiries i cross join lateral (values (i.asked_at, 'status_asked', i.asked_by), (i.answered_at, 'status_answered', null)) as e (at, kind, by)
  where i.receipt is not null and i.receipt = any(array(${receiptsOf(things)}))`,
};

/**
 * Mails and SMS, and whatever else was promised that is not done. What was sent is forgotten after RETAIN_MESSAGES_DAYS. The indexes outbox_about and outbox_person have
 * the expressions.
 */
const MESSAGES: Source = {
  select: (things) => sql`
  select coalesce(o.sent_at, o.dead_at, o.due_at), case when o.sent_at is not null then 'message_sent' when o.dead_at is not null then 'message_given_up' else 'message_waits' end,
    o.id::text, null, jsonb_build_object('messageId', o.id, 'personId', o.message ->> 'personId'), null::bigint,
    jsonb_build_object('message', o.message ->> 'kind', 'event', o.message ->> 'event', 'channel', o.message ->> 'channel', 'tries', o.tries, 'why', o.last_error)
  from outbox o
  where (coalesce(o.message ->> 'invoiceId', o.message ->> 'withdrawalId', o.message ->> 'payoutId', o.message ->> 'depositId', o.message ->> 'subjectId', o.message ->> 'memberId')
      = any(${idsOfAll(things)}::text[])${things.person ? sql` or o.message ->> 'personId' = any(${idsOf('person')}::text[])` : sql``})
    and (o.sent_at is null or o.message ->> 'kind' in ('notice', 'customer_notice', 'digest'))`,
};

/** The trail, but for what a table says with its amount. */
const TRAIL: Source = {
  select: (things) => sql`
  select a.happened_at, a.action, a.id::text, a.actor, jsonb_build_object('auditId', a.id), null::bigint, jsonb_build_object('before', a.before, 'after', a.after, 'requestId', a.request_id)
  from audit a
  where a.subject = any(${idsOfAll(things)}::text[])
    and a.action not in ('payment_requested', 'payment_proved', 'payout_requested', 'payout_approved', 'payout_declined', 'invoice_sent', 'repayment_booked', 'repayment_reversed', 'waiver_requested', 'waiver_approved', 'waiver_declined')`,
};

/** What people read to find out what happened, and nobody else. */
export const BESIDE: readonly Source[] = [EVIDENCE, INQUIRIES, MESSAGES, TRAIL];

const taskIds = (things: Things): SQL => sql`
  select r.id, r.kind, r.subject, r.opened_at, r.closed_at, r.closed_by from reviews r
  where r.subject = any(${idsOfAll(things)}::text[] || array(${receiptsOf(things)})${
    things.invoice ? sql` || array(select 'invoice:' || unnest(${idsOf('invoice')}))` : sql``
  })`;

/** The tasks about it, and what people did with them; for those who may read tasks. */
export const TASKS: readonly Source[] = [
  {
    select: (things) => sql`
    select e.at, e.kind, t.id::text, e.by, jsonb_build_object('taskId', t.id), null::bigint, jsonb_build_object('task', t.kind)
    from (${taskIds(things)}) t cross join lateral (values (t.opened_at, 'task_opened', null), (t.closed_at, 'task_closed', t.closed_by)) as e (at, kind, by)`,
  },
  {
    select: (things) => sql`
    select a.happened_at, a.action, a.id::text, a.actor, jsonb_build_object('auditId', a.id, 'taskId', a.subject), null::bigint, jsonb_build_object('requestId', a.request_id)
    from audit a where a.subject = any(array(select t.id::text from (${taskIds(things)}) t)) and a.action in ('task_assigned', 'task_noted')`,
  },
];
