import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';

/** The invoice that was given a number last, if any was. */
export async function findNewestInvoice(db: Db): Promise<string | undefined> {
  const numbered = sql`select id from invoices where sequence is not null order by issued_at desc, sequence desc limit 1`;
  return (await readRows(db, z.object({ id: z.uuid() }), numbered))[0]?.id;
}
