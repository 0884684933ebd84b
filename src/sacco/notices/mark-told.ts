import { sql } from 'drizzle-orm';
import type { Db } from '#ground/db/types.ts';
import type { Day } from '#ground/time/nairobi.ts';
import type { Digest } from './claim-digest.ts';
import type { UntoldPenalty } from './read-penalties.ts';

/** Records that a digest was sent, and which penalties it explained. The loans' rows are locked first, as by whoever changes their penalties. */
export async function markTold(
  db: Db,
  { memberId, channel }: Digest,
  told: readonly UntoldPenalty[],
  today: Day,
  now: Date,
): Promise<void> {
  const column = <T>(pick: (penalty: UntoldPenalty) => T) => sql.param(told.map(pick));
  await db.batch([
    db.execute(sql`
    update digests set said_at = ${now.toISOString()}::timestamptz where member_id = ${memberId}::uuid and channel = ${channel} and told_on = ${today}::date`),
    db.execute(sql`select from loans where id = any(${column(({ loanId }) => loanId)}::uuid[]) order by id for no key update`),
    db.execute(sql`
    update penalties p set told_on = ${today}::date
    from unnest(${column(({ loanId }) => loanId)}::uuid[], ${column(({ number }) => number)}::int[], ${column(({ period }) => period)}::int[]) t (loan_id, number, period)
    where p.loan_id = t.loan_id and p.number = t.number and p.period = t.period and p.told_on is null`),
  ]);
}
