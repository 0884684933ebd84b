import { sql } from 'drizzle-orm';
import type { Source } from './source.ts';
import { idsOf } from './things.ts';

/** What of money that somebody divided came to a payment: for its owner, whom the rest of that money, its M-PESA code and whoever else was paid with it does not concern. */
export const MATCHED_PARTS: Source = {
  of: 'payment',
  select: sql`
  select e.at, e.kind, m.id::text, null, jsonb_build_object('paymentId', m.payment_id), m.amount_cents,
    jsonb_build_object('source', d.source, 'isProved', d.confirmed_at is not null)
  from matches m join deposits d on d.id = m.deposit_id cross join lateral (values (m.matched_at, 'money_came'), (greatest(d.confirmed_at, m.matched_at), 'money_proved')) as e (at, kind)
  where m.payment_id = any(${idsOf('payment')}) and (e.kind <> 'money_proved' or d.confirmed_at is not null)`,
};
