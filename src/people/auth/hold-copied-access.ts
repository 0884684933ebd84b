import { type SQL, sql } from 'drizzle-orm';
import { recordSql } from '#ground/audit/record.ts';
import { instantSql } from '#ground/db/rows.ts';

/**
 * Statements for a copy of an earlier state: every API key is revoked, for it may have been since, and every session ends (authenticate.ts refuses those begun before the
 * database became a copy, listed or not). `reviveKeysSql` makes keys live again, by name.
 */
export const holdCopiedAccess = (now: Date): SQL[] => [
  sql`
  with revoked as (update api_keys set revoked_at = ${instantSql(now)} where revoked_at is null returning id, name)
  ${recordSql({
    ...{ actor: 'malipo', action: 'api_key_revoked', subject: sql`id::text`, happenedAt: now, from: sql`revoked` },
    ...{ before: sql`jsonb_build_object('name', name)`, after: sql`jsonb_build_object('copy', true)` },
  })}`,
  sql`
  with ended as (
    insert into ended_sessions (id, ends_at) select id, ends_at from sessions where ends_at > ${instantSql(now)} on conflict do nothing returning id
  )
  ${recordSql({
    ...{ actor: 'malipo', action: 'sessions_ended', subject: sql`'copy'`, happenedAt: now, from: sql`ended having count(*) > 0` },
    after: sql`jsonb_build_object('sessions', count(*))`,
  })}`,
];

/** Whether the last thing that happened to a revoked key `k` is that the database became a copy. */
const IS_COPYS = sql`(k.revoked_at is not null and (select a.after ->> 'copy' = 'true' from audit a
  where a.subject = k.id::text and a.action in ('api_key_revoked', 'api_key_taken_over') order by a.happened_at desc, a.id desc limit 1))`;

/** A statement that lets keys work again that were revoked only because this is a copy; yields the `id` of each. In a person's name. */
export const reviveKeysSql = (ids: readonly string[], { by, now }: { by: string; now: Date }): SQL => sql`
  with revived as (
    update api_keys k set revoked_at = null where k.id = any(${sql.param([...ids])}::uuid[]) and ${IS_COPYS} returning k.id, k.name
  ), audited as (${recordSql({
    ...{ actor: by, action: 'api_key_revived', subject: sql`id::text`, happenedAt: now, from: sql`revived` },
    after: sql`jsonb_build_object('name', name)`,
  })})
  select id from revived`;
