import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '#ground/db/rows.ts';

/** Shuts an anonymised person out for good, as a statement: nobody signs in as them, and nothing says which language they read. */
export const retirePersonSql = (personId: string, now: Date): SQL => sql`
  update people set disabled_at = coalesce(disabled_at, ${instantSql(now)}), phone_verified_at = null, language = null where id = ${personId}::uuid`;
