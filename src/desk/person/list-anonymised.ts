import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { instant, readRows } from '#ground/db/rows.ts';
import type { Reader } from '#ground/db/types.ts';

const Row = z.object({ subject: z.string(), firstAt: instant, lastAt: instant, keptUntil: z.string().nullable(), reason: z.string() });

/** Everybody who was anonymised, the last one last: by what names them in a backup from before. */
export const listAnonymised = (db: Reader): Promise<z.output<typeof Row>[]> =>
  readRows(
    db,
    Row,
    sql`select a.subject, a.first_at, a.last_at, a.kept_until::text as kept_until, a.reason from anonymisations a order by a.first_at, a.id`,
  );
