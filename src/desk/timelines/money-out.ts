import { sql } from 'drizzle-orm';
import type { Source } from './source.ts';
import { idsOf } from './things.ts';

/** What is paid out: requested, decided, sent, paid or rejected. */
export const MONEY_OUT: readonly Source[] = [
  {
    of: 'payout',
    select: sql`
    select e.at, e.kind, o.id::text, e.by, jsonb_build_object('payoutId', o.id), o.amount_cents, jsonb_build_object('reference', o.reference, 'payout', o.kind)
    from payouts o cross join lateral (values (o.requested_at, 'payout_requested', o.requested_by),
      (o.decided_at, case o.state when 'declined' then 'payout_declined' else 'payout_approved' end, o.decided_by)) as e (at, kind, by)
    where o.id = any(${idsOf('payout')})`,
  },
  {
    of: 'withdrawal',
    select: sql`
    select e.at, e.kind, w.id::text, null, jsonb_build_object('payoutId', w.payout_id, 'withdrawalId', w.id, 'receipt', w.receipt), w.amount_cents,
      jsonb_build_object('part', w.part, 'receipt', w.receipt, 'resultCode', w.result_code)
    from withdrawals w cross join lateral (values (w.dispatched_at, 'part_sent'), (w.settled_at, case w.state when 'rejected' then 'part_rejected' else 'part_paid' end)) as e (at, kind)
    where w.id = any(${idsOf('withdrawal')})`,
  },
];
