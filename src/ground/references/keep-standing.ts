import { sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';
import type { Tx } from '../db/types.ts';
import { bareReference } from './reference.ts';

/** Keeps a reference that can be paid at any time. Returns false when it is taken: draw another one. */
export async function keepStanding(
  tx: Tx,
  { reference, kind, subjectId, now }: { reference: string; kind: 'loan' | 'savings'; subjectId: string; now: Date },
): Promise<boolean> {
  const result = await tx.execute(sql`
  insert into standing_references (typed, kind, subject_id, created_at)
  values (${bareReference(reference)}, ${kind}, ${subjectId}::uuid, ${instantSql(now)}) on conflict (typed) do nothing`);
  return result.rowCount === 1;
}
