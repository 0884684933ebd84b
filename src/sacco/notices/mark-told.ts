import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import type { Day } from '#ground/time/nairobi.ts';
import { markExplainedSql } from '../loans/explain-penalty.ts';
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
  await db.batch([
    db.execute(sql`
    update digests set said_at = ${instantSql(now)} where member_id = ${memberId}::uuid and channel = ${channel} and told_on = ${today}::date`),
    ...markExplainedSql(told, today).map((statement) => db.execute(statement)),
  ]);
}
