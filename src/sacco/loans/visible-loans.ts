import { type SQL, sql } from 'drizzle-orm';
import type { Caller } from '#ground/call.ts';

/** Which loans a caller may see (`people` are the borrowers): staff all, a member their own, everybody else none. */
export const visibleLoans = ({ scopes, person }: Caller): SQL =>
  scopes.includes('loans:read') ? sql`true` : sql`people.phone_hash = ${person?.phoneHash ?? null}::text`;
