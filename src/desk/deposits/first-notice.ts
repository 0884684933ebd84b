import { type SQL, sql } from 'drizzle-orm';

/** How many rows of evidence are looked through for the one that was kept in the same transaction. */
const NEAR = 50;

/**
 * The notice that told of deposit `d` first, a row of `evidence`; none where no notice did. It is kept under no subject, since its deposit was not there yet; but both
 * were written in one transaction, as of one time, the deposit's id just before.
 */
export const firstNoticeSql = (columns: SQL): SQL => sql`
  (select ${columns} from (select * from evidence n where n.id >= (substr(d.id::text, 1, 13) || '-0000-0000-000000000000')::uuid order by n.id limit ${sql.raw(`${NEAR}`)}) n
    where n.subject_id is null and n.source = 'c2b' and n.received_at = d.settled_at order by n.id limit 1)`;

/** The notice that opened a task about an M-PESA code and belongs to no money: kept just before the task, as of the same time. */
export const noticeOfTaskSql = (taskId: string): SQL => sql`
  (select n.* from reviews r cross join lateral (select * from evidence e where e.id <= (substr(r.id::text, 1, 13) || '-ffff-ffff-ffffffffffff')::uuid order by e.id desc limit ${sql.raw(`${NEAR}`)}) n
    where r.id = ${taskId}::uuid and n.subject_id is null and n.source = 'c2b' and n.received_at = r.opened_at order by n.id desc limit 1)`;
