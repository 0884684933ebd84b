import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';
import { AppError } from '#ground/errors.ts';
import { owedOfBookingSql } from '#mpesa/payouts/arrived-already.ts';
import type { LockedBooking } from './lock-booking.ts';

const Last = z.object({ kind: z.enum(['payment', 'refund']), state: z.string(), owedCents: bigintText });

/**
 * To whom a decided fee is still owed, and how much: money that has left, was taken back or was given back in the portal is no longer owed. Returns nothing
 * where none of the fee was to be paid out. Throws `payout_under_way`.
 */
export async function readOwed(tx: Tx, { id: bookingId, payoutId }: LockedBooking): Promise<z.output<typeof Last> | undefined> {
  await tx.execute(sql`select from payouts where id = ${payoutId}::uuid for update`);
  const [last] = await readRows(
    tx,
    Last,
    sql`select p.kind, p.state, ${owedOfBookingSql(sql`p.subject_id`)} - (select coalesce(sum(o.amount_cents), 0) from payouts o
      where o.subject_id = p.subject_id and o.source_account = p.source_account and o.state not in ('declined', 'rejected')) as owed_cents
    from payouts p where p.id = ${payoutId}::uuid`,
  );
  if (!last || ['declined', 'rejected'].includes(last.state) || (last.state === 'paid' && last.owedCents > 0n)) return last;
  const next = last.state === 'requested' ? ': approve or decline it (POST /api/payouts/<id>/decision)' : '';
  throw new AppError('payout_under_way', `The payout of this booking is ${last.state}${next}.`, { bookingId, payoutId, state: last.state });
}
