import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '../db/rows.ts';
import type { Reader } from '../db/types.ts';
import { bareReference } from './reference.ts';

const Standing = z.object({ kind: z.enum(['loan', 'savings']), subjectId: z.uuid() });

/** What a typed reference stands for, if it names a loan or an account, by its own name or an imported one. */
export async function findStanding(db: Reader, typed: string): Promise<z.output<typeof Standing> | undefined> {
  const statement = sql`select kind, subject_id as "subjectId" from standing_references where typed = ${bareReference(typed)}`;
  const [standing] = await readRows(db, Standing, statement);
  return standing;
}
