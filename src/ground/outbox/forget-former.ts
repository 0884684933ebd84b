import { type SQL, sql } from 'drizzle-orm';

/** A statement that removes the former addresses which messages hold until they are told there. `which` is a condition on `outbox`. */
export const forgetFormerSql = (which: SQL): SQL => sql`
  update outbox set message = message || '{"formerAddress": null}' where message ->> 'formerAddress' is not null and ${which}`;
