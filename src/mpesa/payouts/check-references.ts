import { sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { onceADaySql } from '#ground/runs/run-chunks.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';
import { nairobiDay, nairobiMoment } from '#ground/time/nairobi.ts';

const [FROM_HOUR, TO_HOUR] = [2, 6];

/** How far back each night looks. */
const DAYS = 35;

/** How many older payments each night checks as well, part by part and then from the beginning again: an old payment may be paid or prompted for today. */
const OLDER = 20_000;

const JOB = 'check_references';

/** The most tasks of one night: more references than this are missing for one reason, and this many tasks show it. */
const MOST = 100;

/**
 * Does once a night what foreign keys would do: checks that a payment's counted deposit and latest prompt, and a refund's payment, exist, and opens a task for each
 * that is missing. A foreign key would lock the other row in each settlement and each prompt, and would make a refund lock its payment after its deposit, where
 * everybody else locks the payment first (decision 28).
 */
export async function checkReferences({ db, clock }: Pick<Ground, 'db' | 'clock'>): Promise<{ missing: number }> {
  const now = clock.now();
  const today = nairobiDay(now);
  if (now < nairobiMoment(today, FROM_HOUR) || now >= nairobiMoment(today, TO_HOUR)) return { missing: 0 };
  const since = new Date(now.getTime() - DAYS * 24 * 60 * 60 * 1000);
  const [{ rows }] = await db.batch([
    db.execute(sql`
    with place as (
      select coalesce((select nullif(cursor, '') from runs where job = ${JOB} and as_of < ${today}::date order by as_of desc limit 1), ${firstIdOf(new Date(0))})::uuid as cursor
      where not exists (select from runs where job = ${JOB} and as_of = ${today}::date)
    ), older as materialized (
      select p.* from place cross join lateral (
        select id, counted_deposit_id, latest_attempt_id from payments where id > place.cursor and id < ${firstIdOf(since)}::uuid order by id limit ${OLDER}) p
    ), today as (${onceADaySql({ what: JOB, on: today, now, cursor: sql`coalesce((select id::text from older order by id offset ${OLDER - 1} limit 1), '')` })}
    ), looked_at as materialized (
      select p.id, p.counted_deposit_id, p.latest_attempt_id from today, payments p where p.created_at > ${instantSql(since)} union all select o.* from today, older o
    ), missing as (
      select p.id from looked_at p where p.counted_deposit_id is not null and not exists (select from deposits d where d.id = p.counted_deposit_id)
      union select p.id from looked_at p where p.latest_attempt_id is not null and not exists (select from attempts a where a.id = p.latest_attempt_id)
      union select o.id from today, payouts o
        where o.id > ${firstIdOf(since)}::uuid and o.payment_id is not null and not exists (select from payments p where p.id = o.payment_id)
      limit ${MOST}
    ), ${openTasksSql({ kind: 'payment_reference_missing', subject: sql`id::text`, openedAt: now, from: sql`missing` })}
    select id from missing`), // in a batch, which may take longer than a single statement
  ]);
  return { missing: rows.length };
}

/** The least UUIDv7 of a moment: its first 48 bits are the milliseconds. */
const firstIdOf = (at: Date): string => {
  const hex = at.getTime().toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
};
