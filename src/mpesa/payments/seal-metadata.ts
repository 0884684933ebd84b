import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { encrypt } from '#ground/db/encryption.ts';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';

const BATCH = 500;
const BEFORE_ALL = '00000000-0000-0000-0000-000000000000';

const InClear = z.object({ id: z.uuid(), metadata: z.record(z.string(), z.unknown()) });

/**
 * Encrypts the metadata that older payments keep in clear, 500 per transaction; safe to stop, to repeat and to run twice at once. Returns
 * how many.
 */
export async function sealMetadata(db: Db): Promise<number> {
  let sealed = 0;
  let after = BEFORE_ALL;
  for (;;) {
    const rows = await db.transaction(async (tx) => {
      const found = await readRows(
        tx,
        InClear,
        sql`select id, metadata from payments where metadata is not null and id > ${after}::uuid order by id limit ${BATCH} for update`,
      );
      const texts = found.map(({ metadata }) => encrypt(JSON.stringify(metadata), 'metadata_sealed'));
      await tx.execute(sql`
      update payments p set metadata_sealed = coalesce(p.metadata_sealed, s.sealed), metadata = null
      from unnest(${sql.param(found.map(({ id }) => id))}::uuid[], ${sql.param(texts)}::text[]) s(id, sealed) where p.id = s.id`);
      return found;
    });
    sealed += rows.length;
    const last = rows.at(-1);
    if (!last) return sealed;
    after = last.id;
  }
}
