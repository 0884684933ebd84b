import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { encrypt } from '#ground/db/encryption.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';

const BATCH = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

const InClear = z.object({ id: z.uuid(), reason: z.string() });

/**
 * Encrypts the reasons that older payouts keep in clear, 500 per transaction; safe to stop, to repeat and to run twice at once. Returns how
 * many.
 */
export async function sealReasons(db: Db): Promise<number> {
  let sealed = 0;
  let after = BEFORE_ALL;
  for (;;) {
    const rows = await db.transaction(async (tx) => {
      const found = await readRows(
        tx,
        InClear,
        sql`select id, reason from payouts where reason <> '' and id > ${after}::uuid order by id limit ${BATCH} for update`,
      );
      const texts = found.map(({ reason }) => encrypt(reason, 'reason_sealed'));
      await tx.execute(sql`
      update payouts p set reason_sealed = coalesce(p.reason_sealed, s.sealed), reason = ''
      from unnest(${sql.param(found.map(({ id }) => id))}::uuid[], ${sql.param(texts)}::text[]) s(id, sealed) where p.id = s.id`);
      return found;
    });
    sealed += rows.length;
    const last = rows.at(-1);
    if (!last) return sealed;
    after = last.id;
  }
}
