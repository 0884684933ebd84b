import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '../audit/record.ts';
import { readRows } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { ACCOUNTS } from '../ledger/accounts.ts';
import { transfer } from '../ledger/transfer.ts';
import type { SettledPayment } from '../payments/purpose.ts';
import { openReview } from '../reviews/open-review.ts';

/**
 * Books a paid booking: clearing to escrow, and the fee is held. Money that comes after the booking has expired is held all the same; then nothing happens by
 * itself, and a person decides.
 */
export async function holdBooking(tx: Tx, payment: SettledPayment, now: Date): Promise<void> {
  const at = sql`${now.toISOString()}::timestamptz`;
  const [booking] = await readRows(
    tx,
    z.object({ late: z.boolean() }),
    sql`
    with before as (
      select id, state from bookings where id = ${payment.id}::uuid and state in ('created', 'expired') for update
    )
    update bookings b set state = 'held', held_at = ${at},
      auto_resolve_at = case when before.state = 'created' then ${at} + b.auto_after_hours * interval '1 hour' end
    from before where b.id = before.id
    returning before.state = 'expired' as late`,
  );
  const legs = [{ debit: ACCOUNTS.clearing, credit: ACCOUNTS.bookingEscrow, amountCents: payment.amountCents }];
  if (!booking || !(await transfer(tx, { kind: 'hold', sourceId: payment.id, legs, bookedAt: now })))
    throw new Error('A booking was paid that does not wait for its fee.');
  const { id: subject, amountCents } = payment;
  const [before, after] = [booking.late ? 'expired' : 'created', { state: 'held', amountCents: amountCents.toString() }];
  await record(tx, { actor: 'safaricom', action: 'booking_held', subject, before, after, happenedAt: now });
  if (booking.late) await openReview(tx, { kind: 'booking_paid_late', subject: payment.id, openedAt: now });
}
