import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, instant, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';

const Standing = z.object({
  paidCents: bigintText,
  lastPaidAt: instant.nullable(),
  underWayCents: bigintText,
  waiting: z.object({ id: z.uuid(), amountCents: bigintText }).nullable(),
});

/** How much of a loan was paid out, how much is on its way, and the payout that nobody has approved yet. */
export type LoanPayouts = z.output<typeof Standing>;

/** Sums up all payouts of a loan. */
export async function readLoanPayouts(db: Reader, loanId: string): Promise<LoanPayouts> {
  const [standing] = await readRows(
    db,
    Standing,
    sql`
    select coalesce(sum(w.amount_cents) filter (where w.state = 'paid'), 0) as paid_cents, max(coalesce(w.moved_at, w.settled_at)) filter (where w.state = 'paid') as last_paid_at,
      coalesce(sum(w.amount_cents) filter (where w.state in ('reserved', 'dispatched', 'unknown')), 0) as under_way_cents,
      (select jsonb_build_object('id', id, 'amountCents', amount_cents::text) from payouts where kind = 'loan' and subject_id = ${loanId}::uuid and state = 'requested') as waiting
    from payouts p join withdrawals w on w.payout_id = p.id where p.kind = 'loan' and p.subject_id = ${loanId}::uuid`,
  );
  if (!standing) throw new Error('A sum is one row.');
  return standing;
}
