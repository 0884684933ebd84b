import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { pick } from '#ground/db/pick.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { penalties } from '../loans/loans.schema.ts';
import type { StandingPenalty, Terms } from '../loans/math/terms.ts';
import { readHistories } from '../loans/read-history.ts';

const PENALTY = pick(penalties, 'p', [
  ...(['loanId', 'number', 'period', 'chargedOn', 'days', 'baseCents', 'amountCents', 'paidCents', 'waivedCents'] as const),
]);

/** A penalty to be explained: which loan's, and by which terms. */
export type UntoldPenalty = StandingPenalty & { loanId: string; reference: string; terms: Terms };

/**
 * A member's penalties that had not been explained to them before a day: one that one channel has explained since then is still new to the other. Waived ones
 * are left out.
 */
export async function readUntoldPenalties(db: Reader, memberId: string, since: Day): Promise<UntoldPenalty[]> {
  const rows = await readRows(
    db,
    PENALTY.row.extend({ reference: z.string() }),
    sql`
    select ${PENALTY.list}, l.reference
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
