import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { openTasksSql } from '#ground/tasks/open-tasks.ts';

const Claimed = z.object({ id: z.uuid(), receipt: z.string(), shortcode: z.string().nullable() });

/** A deposit whose receipt nothing has proved yet, and about which Safaricom is to be asked now. */
export type Unproved = z.output<typeof Claimed>;

/**
 * Claims deposits whose unproved receipt is due to be asked about, but none while the SQL condition `unless` holds. The new due time is both
 * the lease and the next step; after the last step it is when a task is opened.
 */
export const claimUnproved = (db: Db, { now, most, unless }: { now: Date; most: number; unless: SQL }): Promise<Unproved[]> => {
  const at = instantSql(now);
  return readRows(
    db,
    Claimed,
    sql`
    update deposits set confirmation_tries = confirmation_tries + 1,
      confirmation_due_at = ${at} + (array['10 minutes', '1 hour', '6 hours', '24 hours', '1 hour'])[confirmation_tries + 1]::interval
    where id = any(array(
      select id from deposits where confirmation_due_at <= ${at} and receipt_proved_at is null and receipt is not null and refuted_at is null and confirmation_tries < 5
        and not ${unless}
      order by confirmation_due_at limit ${most} for update skip locked))
    returning id, receipt, shortcode`,
  );
};

/** Opens a task for one receipt that five questions did not prove: a person looks it up on the M-PESA statement. A receipt that a prompt has by a guess counts as missing. */
export const giveUpProving = (db: Db, now: Date) =>
  db.execute(sql`
  with given_up as (
    update deposits set confirmation_due_at = null
    where id = (
      select id from deposits where confirmation_due_at <= ${instantSql(now)} and receipt_proved_at is null and confirmation_tries >= 5
      order by confirmation_due_at limit 1 for update skip locked)
    returning id, confirmed_at
  ), ${openTasksSql({ kind: sql`case when confirmed_at is null then 'deposit_unconfirmed' else 'receipt_missing' end`, subject: sql`id::text`, openedAt: now, from: sql`given_up` })}
  select`);

/** When the next of these deposits is due, as a value in a statement. */
export const unprovedDueSql = (unless: SQL): SQL => sql`(select min(confirmation_due_at) from deposits
  where confirmation_due_at < 'infinity' and receipt_proved_at is null
    and (confirmation_tries >= 5 or receipt is not null and refuted_at is null and not ${unless}))`;
