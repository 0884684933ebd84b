import { sql } from 'drizzle-orm';
import type { Source } from './source.ts';
import { idsOf } from './things.ts';

/** What customers pay: asked for, prompted, come, proved, booked, invoiced. */
export const MONEY_IN: readonly Source[] = [
  {
    of: 'payment',
    select: sql`
    select p.created_at as at, 'requested' as kind, p.id::text as key, p.caller as by, jsonb_build_object('paymentId', p.id) as ids, p.amount_cents as cents,
      jsonb_build_object('reference', p.reference, 'type', p.purpose) as facts
    from payments p where p.id = any(${idsOf('payment')})`,
  },
  {
    of: 'attempt',
    select: sql`
    select e.at, e.kind, a.id::text, null, jsonb_build_object('paymentId', a.payment_id, 'attemptId', a.id), a.amount_cents,
      jsonb_build_object('tail', a.phone_tail, 'state', a.state, 'isTaken', a.checkout_hash is not null, 'resultCode', a.result_code, 'queries', a.queries)
    from attempts a cross join lateral (values (a.created_at, 'prompt_written'), (a.queried_at, 'prompt_queried')) as e (at, kind)
    where a.id = any(${idsOf('attempt')})`,
  },
  {
    of: 'deposit',
    select: sql`
    select e.at, e.kind, d.id::text, null, jsonb_build_object('depositId', d.id, 'paymentId', d.payment_id, 'receipt', d.receipt), d.amount_cents,
      jsonb_build_object('source', d.source, 'receipt', d.receipt, 'isProved', d.confirmed_at is not null)
    from deposits d cross join lateral (values (d.settled_at, 'money_came'), (d.confirmed_at, 'money_proved'), (d.allocated_at, 'money_booked')) as e (at, kind)
    where d.id = any(${idsOf('deposit')})`,
  },
  {
    of: 'invoice',
    select: sql`
    select e.at, e.kind, i.id::text, null, jsonb_build_object('invoiceId', i.id, 'paymentId', i.payment_id), i.total_cents,
      jsonb_build_object('invoice', i.kind, 'year', i.year, 'sequence', i.sequence)
    from invoices i cross join lateral (values (i.created_at, 'invoice_drafted'), (i.issued_at, 'invoice_numbered'), (i.sent_at, 'invoice_mailed')) as e (at, kind)
    where i.id = any(${idsOf('invoice')})`,
  },
];
