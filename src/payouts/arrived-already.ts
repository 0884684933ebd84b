import { type SQL, sql } from 'drizzle-orm';

/**
 * True of a payout of a loan that would send more than was lent, because money that M-PESA had rejected has arrived after all since it was asked for. The first payout of
 * a loan asks for all of it. `payout` is its row's name in the statement.
 */
export const arrivedAlreadySql = (payout: SQL): SQL => sql`(${payout}.kind = 'loan' and ${payout}.amount_cents
  + (select coalesce(sum(w.amount_cents), 0) from payouts o join withdrawals w on w.payout_id = o.id
    where o.kind = 'loan' and o.subject = ${payout}.subject and o.id <> ${payout}.id and w.state <> 'rejected')
  > (select max(o.amount_cents) from payouts o where o.kind = 'loan' and o.subject = ${payout}.subject))`;
