import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { judgeKeys, type KeyRing } from '#ground/db/encryption.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';

const Kept = z.object({ value: z.string(), hash: z.string() });

/** What the oldest and the newest rows hold: the oldest show whether a key was dropped from the ring, all of them whether the ring is a foreign one. */
const KEPT = sql`
  (select phone as value, phone_hash as hash from people order by id limit 1) union all (select phone, phone_hash from people order by id desc limit 1)
  union all (select phone, phone_hash from payments order by id limit 1) union all (select phone, phone_hash from payments order by id desc limit 1)`;

/**
 * Which variable, if any, holds other keys than those that this database was written with: new rows could then not be found or read together with the old ones.
 * `rows` is how many rows were checked; 0 says nothing about the keys.
 */
export async function findOtherKeys(
  db: Db,
  keys?: KeyRing,
): Promise<{ rows: number; other: 'ENCRYPTION_KEYS' | 'LOOKUP_KEY' | undefined }> {
  const kept = await readRows(db, Kept, KEPT);
  const verdicts = kept.map((row) => judgeKeys({ ...row, context: 'phone' }, keys));
  return { rows: kept.length, other: verdicts.find((verdict) => verdict !== 'fits') as 'ENCRYPTION_KEYS' | 'LOOKUP_KEY' | undefined };
}
