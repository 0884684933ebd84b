import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { record } from '#ground/audit/record.ts';
import { instantSql, readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';

/** Ends an API key: the next request with it is refused. False when there is no such key or it was revoked before; safe to repeat. */
export function revokeApiKey(db: Db, { id, now }: { id: string; now: Date }): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [revoked] = await readRows(
      tx,
      z.object({ name: z.string() }),
      sql`update api_keys set revoked_at = ${instantSql(now)} where id = ${id}::uuid and revoked_at is null returning name`,
    );
    if (revoked)
      await record(tx, { actor: 'operator', action: 'api_key_revoked', subject: id, before: { name: revoked.name }, happenedAt: now });
    return revoked !== undefined;
  });
}
