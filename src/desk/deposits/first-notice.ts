import { type SQL, sql } from 'drizzle-orm';

/** How many rows of evidence are looked through for the one that was kept in the same transaction. */
const NEAR = sql.raw('50');

const isNoticeSql = (at: SQL): SQL => sql`n.subject_id is null and n.source = 'c2b' and n.received_at = ${at}`;

/**
 * The notice that told of deposit `d` first, a row of `evidence`; none where no notice did. It has the id of its deposit. One of before evidence named its code was kept
 * just after its deposit, as of the same time: it is taken only where no other was kept at that time, since it may be about somebody else's money.
 */
export const firstNoticeSql = (columns: SQL): SQL => sql`coalesce(
  (select ${columns} from evidence n where n.id = d.id and n.source = 'c2b'),
  (select (array_agg(${columns}))[1]
    from (select * from evidence e where e.id >= (substr(d.id::text, 1, 13) || '-0000-0000-000000000000')::uuid order by e.id limit ${NEAR}) n
    where n.receipt is null and ${isNoticeSql(sql`d.settled_at`)} having count(*) = 1))`;

/** The notice that opened a task about an M-PESA code and belongs to no money: kept just before the task, as of the same time. One of before evidence named its code is taken as above. */
export const noticeOfTaskSql = (taskId: string): SQL => sql`
  (select n.* from reviews r cross join lateral (
      select n.*, count(*) filter (where n.receipt is null) over () as nameless
      from (select * from evidence e where e.id <= (substr(r.id::text, 1, 13) || '-ffff-ffff-ffffffffffff')::uuid order by e.id desc limit ${NEAR}) n
      where ${isNoticeSql(sql`r.opened_at`)}) n
    where r.id = ${taskId}::uuid and (n.receipt = r.subject or n.receipt is null and n.nameless = 1) order by n.receipt nulls last, n.id desc limit 1)`;
