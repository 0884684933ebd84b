import { createHash, timingSafeEqual } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Ground } from '#ground/ground.ts';
import { nairobiDay } from '#ground/time/nairobi.ts';
import { ROLES, rightsOf, SCOPES } from './rights.ts';

const KEY = /^mlp_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

const Row = z.object({ secretHash: z.string(), scopes: z.array(z.string()), makerRole: z.enum(ROLES).nullable() });

/** The stored form of an API key's secret part: it is random, so a plain hash is enough. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/**
 * The holder of an API key, in one round trip; nothing when the key is malformed, unknown, wrong, revoked or expired. It may do no more than its maker may now (`roleOf`, in SQL); one
 * whose maker left keeps its scopes (docs/decisions/0038). Its first use of a day is noted.
 */
export async function findKeyHolder(
  { db, clock }: Pick<Ground, 'db' | 'clock'>,
  token: string,
  roleOf: (caller: SQL) => SQL,
): Promise<Caller | undefined> {
  const [, id, secret] = KEY.exec(token) ?? [];
  if (!id || !secret) return undefined;
  const now = clock.now();
  const hash = hashSecret(secret);
  const isGood = sql`id = ${id}::uuid and revoked_at is null and coalesce(expires_at > ${instantSql(now)}, true)`;
  const today = sql`${nairobiDay(now)}::date`;
  const [row] = await readRows(
    db,
    Row,
    sql`
    with used as (update api_keys set last_used_on = ${today} where ${isGood} and secret_hash = ${hash} and last_used_on is distinct from ${today})
    select secret_hash, scopes, case when maker_left_at is null then ${roleOf(sql`created_by`)} end as maker_role from api_keys where ${isGood}`,
  );
  if (!row || !timingSafeEqual(Buffer.from(row.secretHash), Buffer.from(hash))) return undefined;
  const makers: readonly string[] = row.makerRole ? rightsOf(row.makerRole) : SCOPES;
  return { id: `key:${id}`, scopes: SCOPES.filter((scope) => row.scopes.includes(scope) && makers.includes(scope)) };
}

/**
 * The person behind a caller's id, in SQL: the person themselves, or the one who made the key, since under the four-eyes rule a key counts as its maker. Null
 * for a visitor, for a key whose maker is not on record, and for one whose maker was disabled or is staff no longer.
 */
export const personBehindSql = (caller: SQL): SQL => sql`(case when ${caller} like 'person:%' then ${caller}
  when ${caller} like 'key:%' then (select k.created_by from api_keys k where k.id = substring(${caller} from 5)::uuid and k.maker_left_at is null) end)`;
