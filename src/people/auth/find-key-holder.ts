import { createHash, timingSafeEqual } from 'node:crypto';
import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import type { Caller } from '#ground/call.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { SCOPES } from './rights.ts';

const KEY = /^mlp_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/;

const Row = z.object({ secretHash: z.string(), scopes: z.array(z.string()) });

/** The stored form of an API key's secret part: it is random, so a plain hash is enough. */
export const hashSecret = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** The holder of an API key, in one round trip; nothing when the key is malformed, unknown, wrong or revoked. */
export async function findKeyHolder(db: Db, token: string): Promise<Caller | undefined> {
  const [, id, secret] = KEY.exec(token) ?? [];
  if (!id || !secret) return undefined;
  const [row] = await readRows(db, Row, sql`select secret_hash, scopes from api_keys where id = ${id}::uuid and revoked_at is null`);
  if (!row || !timingSafeEqual(Buffer.from(row.secretHash), Buffer.from(hashSecret(secret)))) return undefined;
  return { id: `key:${id}`, scopes: SCOPES.filter((scope) => row.scopes.includes(scope)) };
}

/**
 * The person behind a caller's id, in SQL: the person themselves, or the one who made the key, since under the four-eyes rule a key counts as its maker. Null
 * for a visitor and for a key whose maker is not on record.
 */
export const personBehindSql = (caller: SQL): SQL => sql`(case when ${caller} like 'person:%' then ${caller}
  when ${caller} like 'key:%' then (select k.created_by from api_keys k where k.id = substring(${caller} from 5)::uuid) end)`;
