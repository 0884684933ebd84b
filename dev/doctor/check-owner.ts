import { sql } from 'drizzle-orm';
import * as z from 'zod';
import { readRows } from '#ground/db/rows.ts';
import type { Db } from '#ground/db/types.ts';
import { type Finding, findings } from './finding.ts';

const { ok, warn, fail } = findings('whose database');

/** Whether the database belongs to the M-PESA environment of this site: with a database of the other, the site refuses every prompt and callback. */
export async function findOwner(db: Db, { MPESA_ENV }: NodeJS.ProcessEnv): Promise<Finding[]> {
  const wanted = MPESA_ENV?.trim();
  const [owner] = await readRows(db, z.object({ environment: z.string() }), sql`select environment from database_environment`);
  if (wanted !== 'sandbox' && wanted !== 'production') return [];
  if (!owner)
    return [
      warn(
        'Nobody has said to which M-PESA environment the database belongs: it would take the payments of either.',
        `If all that is in it is ${wanted}'s: npm run claim -- ${wanted}`,
      ),
    ];
  if (owner.environment === wanted) return [ok(`The database belongs to ${wanted}, as MPESA_ENV says.`)];
  return [
    fail(
      `The database belongs to ${owner.environment}, and MPESA_ENV is ${wanted}: the site refuses every prompt and callback.`,
      `Set DATABASE_URL to a database of ${wanted}'s own; a new one is claimed by its first migration.`,
    ),
  ];
}
