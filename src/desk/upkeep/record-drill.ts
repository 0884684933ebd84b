import { sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { inOneBatch } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { closeTasksSql } from '#ground/tasks/close-tasks.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import { quarterOf } from './quarter-of.ts';

/** Records in the database that is at work that a restore was tried, by whom and with what outcome, and closes the tasks that ask for it: that of this quarter too, if it was not opened yet. */
export async function recordDrill(db: Db, { by, note, now }: { by: string; note: string; now: Date }): Promise<void> {
  const quarter = quarterOf(now);
  await inOneBatch(db, [
    recordSql({
      ...{ actor: by, action: 'restore_drilled', subject: sql`${quarter}::text`, happenedAt: now, from: sql`(select) as always` },
      after: sql`jsonb_build_object('note', ${note}::text)`,
    }),
    sql`with ${openTasksSql({ kind: 'restore_drill', subject: quarter, openedAt: now, from: sql`(select where not exists (select from reviews r where r.kind = 'restore_drill' and r.subject = ${quarter})) due` })} select`,
    closeTasksSql({
      kinds: ['restore_drill'],
      subjects: sql`select r.subject from reviews r where r.kind = 'restore_drill'`,
      closedAt: now,
      closedBy: by,
      note,
    }),
  ]);
}
