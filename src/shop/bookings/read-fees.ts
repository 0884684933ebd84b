import { sql } from 'drizzle-orm';
import { ACCOUNTS } from '#books/ledger/accounts.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { owedOfBookingSql } from '#mpesa/payouts/arrived-already.ts';
import { Came, type Held, heldOf } from '#mpesa/refunds/read-held.ts';

/**
 * How much of a deposit still stands in bookings' fees: in escrow while a fee is held, then, once decided, in what is owed to provider or
 * payer until it leaves. The payments are locked.
 */
export async function readFees(tx: Tx, depositId: string): Promise<Held[]> {
  const rows = await readRows(
    tx,
    Came,
    sql`
    select case when b.state in ('held', 'disputed') then ${ACCOUNTS.bookingEscrow} else ${ACCOUNTS.bookingPayable} end as account, p.id as payment_id,
      p.amount_cents - (select coalesce(sum(o.amount_cents), 0) from payouts o where o.payment_id = p.id and o.subject_id = ${depositId}::uuid) as came_cents,
      case when b.state in ('held', 'disputed') then held_of_booking_2(p.id)
        when b.state in ('released', 'refunded') then greatest(0, ${owedOfBookingSql(sql`p.id`)} - (select coalesce(sum(o.amount_cents), 0) from payouts o
          where o.subject_id = p.id and o.source_account = ${ACCOUNTS.bookingPayable} and o.state not in ('declined', 'rejected')))
        else 0 end as there_cents
    from payments p join bookings b on b.id = p.id
    where p.counted_deposit_id = ${depositId}::uuid and p.purpose = 'booking_fee' and exists (select from transfers t where t.kind = 'hold' and t.source_id = p.id::text)
    order by p.id`,
  );
  return rows.map(heldOf);
}
