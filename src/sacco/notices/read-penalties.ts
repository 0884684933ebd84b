import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { bigintText, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { Day } from '#ground/time/nairobi.ts';
import type { StandingPenalty, Terms } from '../loans/math/terms.ts';
import { readHistories } from '../loans/read-history.ts';

const Row = z.object({
  loanId: z.uuid(),
  reference: z.string(),
  number: z.number(),
  period: z.number(),
  chargedOn: z.string(),
  days: z.number(),
  baseCents: bigintText,
  amountCents: bigintText,
  paidCents: bigintText,
  waivedCents: bigintText,
});

/** A penalty to be explained: which loan's, and by which terms. */
export type UntoldPenalty = StandingPenalty & { loanId: string; reference: string; terms: Terms };

/**
 * A member's penalties of which they were not notified before a day: what one channel has sent since then, another has still to send. Waived ones are
 * left out.
 */
export async function readUntoldPenalties(db: Reader, memberId: string, since: Day): Promise<UntoldPenalty[]> {
  const rows = await readRows(
    db,
    Row,
    sql`
    select p.loan_id as "loanId", l.reference, p.number, p.period, p.charged_on::text as "chargedOn", p.days, p.base_cents as "baseCents",
      p.amount_cents as "amountCents", p.paid_cents as "paidCents", p.waived_cents as "waivedCents"
    from penalties p join loans l on l.id = p.loan_id
    where l.member_id = ${memberId}::uuid and (p.told_on is null or p.told_on >= ${since}::date) and p.amount_cents > p.waived_cents
    order by p.charged_on, l.applied_at, l.id, p.number, p.period`,
  );
  if (rows.length === 0) return [];
  const histories = await readHistories(db, [...new Set(rows.map(({ loanId }) => loanId))]);
  return rows.flatMap((row) => {
    const terms = histories.get(row.loanId)?.terms;
    return terms ? [{ ...row, terms }] : [];
  });
}
