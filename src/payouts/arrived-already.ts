import { type SQL, sql } from 'drizzle-orm';

/**
 * True of a payout that would send money a second time, because what M-PESA had rejected has arrived after all since it was asked for. The first payout of a loan asks for
 * all of it; what else is given back or paid out for a deposit or a booking was asked for anew only since the other seemed lost. `payout` is its row's name in the statement.
 */
export const arrivedAlreadySql = (payout: SQL): SQL => sql`(${payout}.kind = 'loan' and ${payout}.amount_cents
  + (select coalesce(sum(w.amount_cents), 0) from payouts o join withdrawals w on w.payout_id = o.id
    where o.kind = 'loan' and o.subject = ${payout}.subject and o.id <> ${payout}.id and w.state <> 'rejected')
  > (select max(o.amount_cents) from payouts o where o.kind = 'loan' and o.subject = ${payout}.subject)
  or ${payout}.kind <> 'loan' and exists (
    select from payouts o join withdrawals w on w.payout_id = o.id
      join transfers lost on lost.kind = 'payout_released' and lost.source_id = w.id::text and lost.booked_at <= ${payout}.requested_at
      join transfers came on came.kind = 'payout_late' and came.source_id = w.id::text and came.booked_at >= ${payout}.requested_at
    where o.subject = ${payout}.subject and o.source_account = ${payout}.source_account and o.id <> ${payout}.id))`;
