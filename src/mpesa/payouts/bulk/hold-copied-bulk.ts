import { type SQL, sql } from 'drizzle-orm';
import { withholdSql } from '#ground/outbox/withhold.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';

/** Whether lines of a bulk payout `b` wait that may have been paid since: nobody had decided, or their money was not reserved yet. */
const MAY_BE_PAID = sql`(b.state = 'requested' or b.state = 'approved' and exists (select from bulk_lines l where l.bulk_id = b.id and l.payout_id is null and l.cancelled_at is null))`;

/** Statements for a copy of an earlier state: no line that waits becomes a payout by itself, and a person looks what of the file was paid since. */
export const holdCopiedBulk = (now: Date): SQL[] => [
  withholdSql(sql`select 'bulk:' || b.id from bulk_payouts b where b.state = 'approved'`, now),
  sql`with ${openTasksSql({ kind: 'bulk_of_copy', subject: sql`b.id::text`, openedAt: now, from: sql`bulk_payouts b where ${MAY_BE_PAID}` })} select`,
];
