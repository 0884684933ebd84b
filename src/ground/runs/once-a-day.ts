import { type SQL, sql } from 'drizzle-orm';
import { instantSql } from '../db/rows.ts';
import type { Day } from '../time/nairobi.ts';

/** A common table expression that yields a row the first time that it is asked for something on a day, and none after that. */
export const onceADaySql = ({ what, on, now }: { what: string; on: Day; now: Date }): SQL => sql`
  insert into runs (job, as_of, cursor, started_at, finished_at)
  values (${what}, ${on}::date, '', ${instantSql(now)}, ${instantSql(now)}) on conflict (job, as_of) do nothing returning job`;
