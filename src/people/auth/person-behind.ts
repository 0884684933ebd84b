import { type SQL, sql } from 'drizzle-orm';

/**
 * The person behind a caller's id, in SQL: a person themselves, or who made the key, since whoever holds a key they made is them as far as four eyes go. Null for a
 * key that nobody is known to have made, and for a visitor.
 */
export const personBehindSql = (caller: SQL): SQL => sql`(case when ${caller} like 'person:%' then ${caller}
  when ${caller} like 'key:%' then (select k.created_by from api_keys k where k.id = substring(${caller} from 5)::uuid) end)`;
