import { type SQL, sql } from 'drizzle-orm';
import type { Caller } from '#ground/call.ts';
import { AppError } from '#ground/errors.ts';

/** The id of the person who asks. Throws `invalid_input` for an API key, which is nobody. */
export function personOf(caller: Caller): string {
  const [, id] = /^person:(.+)$/.exec(caller.id) ?? [];
  if (!id) throw new AppError('invalid_input', '"me" is a person who is signed in, and an API key is not: send the id of a person.');
  return id;
}

/** The person behind the name that the trail has for them, an SQL expression; null for a key and for the system. */
export const personOfSql = (by: SQL): SQL => sql`case when ${by} like 'person:%' then substr(${by}, 8)::uuid end`;
