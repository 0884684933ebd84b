import { sql } from 'drizzle-orm';

/** How a line stands. `reserved`: its money is set aside, and it is not sent yet. `sent`: Safaricom was asked. `failed`: none of it left, and it is never sent again. */
export const LINE_STATES = ['waiting', 'reserved', 'sent', 'unknown', 'paid', 'partly_paid', 'failed', 'cancelled'] as const;

/** The state of line `l` of bulk payout `b`, by its payout and the parts of that. */
export const LINE_STATE = sql`case when l.payout_id is null then case when l.cancelled_at is not null or b.state in ('declined', 'cancelled') then 'cancelled' else 'waiting' end
  else (select case
    when bool_and(w.state = 'paid') then 'paid'
    when bool_and(w.state = 'rejected') then case when l.cancelled_at is not null then 'cancelled' else 'failed' end
    when bool_or(w.state = 'unknown') then 'unknown'
    when bool_or(w.state = 'dispatched') then 'sent'
    when bool_or(w.state = 'reserved') then 'reserved'
    else 'partly_paid' end
  from withdrawals w where w.payout_id = l.payout_id) end`;
