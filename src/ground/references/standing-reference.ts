import { type SQL, sql } from 'drizzle-orm';
import * as z from 'zod';
import { instantSql, readRows } from '../db/rows.ts';
import type { Reader, Tx } from '../db/types.ts';
import { bareReference } from './reference.ts';

export const STANDING_KINDS = ['loan', 'savings'] as const;
export type StandingKind = (typeof STANDING_KINDS)[number];

const Standing = z.object({ kind: z.enum(STANDING_KINDS), subjectId: z.uuid() });

/** The loan or account that a typed reference names, by its own or an imported reference; with `kind`, only of that kind. */
export async function findStanding(db: Reader, typed: string, kind?: StandingKind): Promise<z.output<typeof Standing> | undefined> {
  const statement = sql`
  select kind, subject_id from standing_references where typed = ${bareReference(typed)} and kind = coalesce(${kind ?? null}::text, kind)`;
  const [standing] = await readRows(db, Standing, statement);
  return standing;
}

/** Whether a typed reference names a loan or an account, as an SQL fragment. */
export const isStandingSql = (typed: string): SQL => sql`exists (select from standing_references where typed = ${bareReference(typed)})`;

/** Keeps a reference that can be paid at any time. Returns false when it is taken: draw another one. */
export async function keepStanding(
  tx: Tx,
  { reference, kind, subjectId, now }: { reference: string; kind: StandingKind; subjectId: string; now: Date },
): Promise<boolean> {
  const result = await tx.execute(sql`
  insert into standing_references (typed, kind, subject_id, created_at)
  values (${bareReference(reference)}, ${kind}, ${subjectId}::uuid, ${instantSql(now)}) on conflict (typed) do nothing`);
  return result.rowCount === 1;
}
