import { sql } from 'drizzle-orm';
import { record } from '#ground/audit/record.ts';
import { instantSql } from '#ground/db/rows.ts';
import type { Tx } from '#ground/db/types.ts';

/** Declines a payout that nobody has approved yet, since nothing is to be sent any more. One that is approved in this moment stays: paying twice opens a task. */
export async function declineWaiting(tx: Tx, payoutId: string, of: Record<string, string>, now: Date): Promise<void> {
  const result = await tx.execute(
    sql`update payouts set state = 'declined', decided_by = 'malipo', decided_at = ${instantSql(now)} where id = ${payoutId}::uuid and state = 'requested'`,
  );
  if (result.rowCount !== 1) return;
  const after = { state: 'declined', ...of };
  await record(tx, { actor: 'malipo', action: 'payout_declined', subject: payoutId, before: 'requested', after, happenedAt: now });
}
